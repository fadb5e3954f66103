/**
 * Single values: strings in their four forms, numbers, dates, addresses, booleans, variables, and the path of an
 * include. What begins like a number may turn out to be a date, an address or a string; that is decided here.
 */

import { type Cursor, END, type Place } from './cursor.js';
import { ch, decodeText, isBlank, isDigit, isNewline, isOneOf, plainBytes, shown } from './runes.js';

export type ScalarKind = 'string' | 'bool' | 'integer' | 'float' | 'date' | 'variable';

export interface Scalar {
  kind: ScalarKind;
  text: string;
  at: Place;
}

const SUFFIXES = 'kKmMgGtTpPeE';
/** What follows the year of a date; `0` stands for a digit. */
const DATE_AFTER_YEAR = '00-00T00:00:00Z';
const BOOLEANS = new Set(['true', 'false', 'yes', 'no', 'on', 'off']);
const BOOLEAN_LENGTH_MAX = 5;
/** Of bytes: those that a bare string goes on after. Others end it, begin an escape, or need a closer look. */
const PLAIN = plainBytes(" \t\r\n;,]}'\\");
const ESCAPES: Record<string, number> = { t: 0x09, n: 0x0a, r: 0x0d, '"': 0x22, '\\': 0x5c };

/** Reads the value whose first character, `first`, was just read. */
export function readScalar(cursor: Cursor, first: number, inArray: boolean): Scalar {
  switch (first) {
    case ch("'"):
      return singleQuoted(cursor);
    case ch('"'):
      return new EscapedString(cursor).quoted();
    case ch('('):
      return block(cursor);
    case ch('-'):
      digitFirst(cursor);
      return negativeNumber(cursor, inArray);
    case ch('.'):
      return cursor.fail('Floats must start with a digit');
  }
  if (isDigit(first)) return numberLike(cursor, inArray);
  if (isNewline(first)) cursor.fail('Expected value but found new line');
  cursor.back();
  return new EscapedString(cursor).bare();
}

/** Reads the path after the word `include`. */
export function readInclude(cursor: Cursor): string {
  while (isBlank(cursor.peek())) cursor.next();
  cursor.mark();
  const first = cursor.next();
  if (first === ch('"') || first === ch("'")) {
    cursor.mark();
    for (let code = cursor.next(); code !== first; code = cursor.next()) {
      if (code === END) cursor.fail(`Unexpected EOF in ${first === ch('"') ? 'double quoted' : 'quoted'} include`);
    }
    return withoutQuote(cursor);
  }
  const wrong = notAPath(first);
  if (wrong !== undefined) cursor.fail(`Expected include value but found ${wrong}`);
  cursor.back();
  for (;;) {
    const code = cursor.next();
    if (code === ch("'")) return withoutQuote(cursor);
    if (endsLine(code) || isOneOf(code, ';}')) {
      cursor.back();
      const path = cursor.tokenText();
      cursor.mark();
      return path;
    }
  }
}

function notAPath(first: number): string | undefined {
  if (isDigit(first) || first === ch('-')) return 'start of a number';
  if (isNewline(first)) return 'new line';
  const kinds: Record<string, string> = {
    '[': 'start of an array',
    '{': 'start of a map',
    '(': 'start of a block',
    '\\': 'escape sequence',
  };
  return kinds[shown(first)];
}

/** The token up to the quote just read. */
function withoutQuote(cursor: Cursor): string {
  const text = decodeText(cursor.tokenBytes(1));
  cursor.mark();
  return text;
}

function singleQuoted(cursor: Cursor): Scalar {
  cursor.mark();
  for (let code = cursor.next(); code !== ch("'"); code = cursor.next()) {
    if (code === END) cursor.fail('Unexpected EOF.');
  }
  cursor.back();
  const scalar = token(cursor, 'string');
  cursor.next();
  cursor.mark();
  return scalar;
}

/** Text in parentheses, where the closing one stands alone on its line. */
function block(cursor: Cursor): Scalar {
  cursor.mark();
  let before = ch('(');
  for (let code = cursor.next(); ; before = code, code = cursor.next()) {
    if (code === END) cursor.fail('Unexpected EOF processing block.');
    if (code !== ch(')') || before !== 0x0a) continue;
    const after = cursor.peek();
    if (after !== 0x0a && after !== END) continue;
    const bytes = cursor.tokenBytes(1);
    const place = cursor.place();
    cursor.mark();
    return { kind: 'string', text: decodeText(bytes), at: place };
  }
}

/** Strings that know escapes: bare ones and those in double quotes. */
class EscapedString {
  /** Finished pieces; non-empty once there was an escape. */
  private readonly parts: Uint8Array[] = [];

  constructor(private readonly cursor: Cursor) {}

  quoted(): Scalar {
    const { cursor } = this;
    cursor.mark();
    for (;;) {
      const code = cursor.next();
      if (code === END) cursor.fail('Unexpected EOF.');
      if (code === ch('\\')) this.escape();
      else if (code === ch('"')) {
        cursor.back();
        const scalar = this.finish();
        cursor.next();
        cursor.mark();
        return scalar;
      }
    }
  }

  /** Goes on from the mark up to a blank, a terminator or a single quote. */
  bare(): Scalar {
    const { cursor } = this;
    for (;;) {
      cursor.skipPlain(PLAIN);
      const code = cursor.next();
      if (code === ch('\\')) this.escape();
      else if (code === ch("'")) {
        cursor.back();
        const scalar = this.finish();
        cursor.next();
        cursor.mark();
        return scalar;
      } else if (endsLine(code) || isOneOf(code, ';,]}')) {
        cursor.back();
        return this.finishBare();
      }
    }
  }

  private finishBare(): Scalar {
    const { cursor } = this;
    if (this.parts.length > 0) return this.finish();
    if (cursor.tokenByte === ch('$')) {
      cursor.skipFirst();
      return token(cursor, 'variable');
    }
    const scalar = token(cursor, 'string');
    const { text } = scalar;
    if (text.length <= BOOLEAN_LENGTH_MAX && BOOLEANS.has(text.toLowerCase())) scalar.kind = 'bool';
    return scalar;
  }

  private finish(): Scalar {
    const { cursor } = this;
    if (this.parts.length === 0) return token(cursor, 'string');
    const bytes = Buffer.concat([...this.parts, cursor.tokenBytes()]);
    const at = cursor.place(bytes.length);
    cursor.mark();
    return { kind: 'string', text: decodeText(bytes), at };
  }

  private escape(): void {
    const { cursor } = this;
    this.parts.push(cursor.tokenBytes(1));
    const code = cursor.next();
    const plain = ESCAPES[shown(code)];
    if (code === ch('x')) this.parts.push(this.hexByte());
    else if (plain !== undefined) this.parts.push(Uint8Array.of(plain));
    else {
      const allowed = '\\xXX, \\t, \\n, \\r, \\", \\\\';
      cursor.fail(
        `Invalid escape character '${shown(code)}'. Only the following escape characters are allowed: ${allowed}.`,
      );
    }
    cursor.mark();
  }

  private hexByte(): Uint8Array {
    const { cursor } = this;
    for (let i = 0; i < 2; i++) {
      if (isNewline(cursor.next())) {
        cursor.fail("Expected two hexadecimal digits after '\\x', but hit end of line");
      }
    }
    const digits = decodeText(cursor.bytes.subarray(cursor.pos - 2, cursor.pos));
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) {
      cursor.fail(`Expected two hexadecimal digits after '\\x', but got '${digits}'`);
    }
    return Uint8Array.of(Number.parseInt(digits, 16));
  }
}

/** After a first digit: an integer, float, date, address, or a string after all. */
function numberLike(cursor: Cursor, inArray: boolean): Scalar {
  for (;;) {
    const code = cursor.next();
    if (isDigit(code)) continue;
    if (code === ch('-')) {
      if (cursor.tokenLength !== 5) cursor.fail('All ISO8601 dates must be in full Zulu form.');
      return date(cursor);
    }
    if (code === ch('.')) return float(cursor);
    if (isOneOf(code, SUFFIXES)) return suffixed(cursor, inArray);
    // This one character belongs to the string whatever it is, even a quote.
    if (!endsNumber(code, inArray)) return new EscapedString(cursor).bare();
    cursor.back();
    return token(cursor, 'integer');
  }
}

function negativeNumber(cursor: Cursor, inArray: boolean): Scalar {
  for (;;) {
    const code = cursor.next();
    if (isDigit(code)) continue;
    if (code === ch('.')) return float(cursor);
    if (isOneOf(code, SUFFIXES)) return suffixed(cursor, inArray);
    cursor.back();
    return token(cursor, 'integer');
  }
}

function digitFirst(cursor: Cursor): void {
  const code = cursor.next();
  if (code === ch('.')) cursor.fail("Floats must start with a digit, not '.'.");
  if (!isDigit(code)) cursor.fail(`Expected a digit but got '${shown(code)}'.`);
}

/** After `1k` and the like: an integer when it ends here, otherwise a string. */
function suffixed(cursor: Cursor, inArray: boolean): Scalar {
  while (isOneOf(cursor.peek(), 'bBiI')) cursor.next();
  if (endsNumber(cursor.peek(), inArray)) return token(cursor, 'integer');
  return new EscapedString(cursor).bare();
}

/** After the point: a float, or an address when there is another point. */
function float(cursor: Cursor): Scalar {
  const first = cursor.next();
  if (!isDigit(first)) cursor.fail(`Floats must have a digit after the '.', but got '${shown(first)}' instead.`);
  while (isDigit(cursor.peek())) cursor.next();
  if (cursor.peek() !== ch('.')) return token(cursor, 'float');
  while (isDigit(cursor.peek()) || isOneOf(cursor.peek(), '.:-')) cursor.next();
  return token(cursor, 'string');
}

function date(cursor: Cursor): Scalar {
  for (const expected of DATE_AFTER_YEAR) {
    const code = cursor.next();
    if (expected === '0') {
      if (!isDigit(code)) cursor.fail(`Expected digit in ISO8601 datetime, but found '${shown(code)}' instead.`);
    } else if (code !== ch(expected)) {
      cursor.fail(`Expected '${expected}' in ISO8601 datetime, but found '${shown(code)}' instead.`);
    }
  }
  return token(cursor, 'date');
}

/** `]` ends a number inside an array only; elsewhere `1]` is a string, as it always was. */
function endsNumber(code: number, inArray: boolean): boolean {
  return endsLine(code) || isOneOf(code, '};,') || (inArray && code === ch(']'));
}

function endsLine(code: number): boolean {
  return code === END || isBlank(code) || isNewline(code);
}

function token(cursor: Cursor, kind: ScalarKind): Scalar {
  const scalar: Scalar = { kind, text: cursor.tokenText(), at: cursor.place() };
  cursor.mark();
  return scalar;
}
