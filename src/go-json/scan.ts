/**
 * Reads JSON as Go's decoder does: where values stand, and what is wrong with a text, in the decoder's words, which tools
 * show to people. What a value means is decided by whoever asked for it; numbers of 64 bits stay exact that way.
 *
 * A text is a string with one character for each byte ("latin1"), so that offsets count bytes. Pure functions.
 */
import { quote } from '../config/index.js';

export type JsonKind = 'null' | 'bool' | 'number' | 'string' | 'array' | 'object';

/** A value and where it stands. */
export interface JsonValue {
  readonly kind: JsonKind;
  /** As it is written. */
  readonly raw: string;
  /** Of an array. */
  readonly items: readonly JsonValue[];
  /** Of an object: all of them, also where a name occurs twice. */
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly name: string;
  readonly value: JsonValue;
}

/** Go allows ten times as much; deeper ones would need more stack than there may be. */
const DEPTH_MAX = 1000;
const NONE: readonly never[] = [];

/** What is wrong with a text that is no JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    message: string,
    /** How many bytes lie before the end of the wrong one; undefined: the text ends too early. */
    readonly offset?: number,
  ) {
    super(message);
  }
}

/** The text as `scanDocument` and `scanDocuments` take it. */
export function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** What `json.Unmarshal` reads: exactly one value. Throws a `JsonSyntaxError`. */
export function scanDocument(text: string): JsonValue {
  const scanner = new Scanner(text);
  const value = scanner.next();
  if (scanner.hasMore()) scanner.refuse('after top-level value');
  return value;
}

/** What a `json.Decoder` reads: values that follow each other. Throws a `JsonSyntaxError` when it comes to a wrong one. */
export function* scanDocuments(text: string): Generator<JsonValue> {
  const scanner = new Scanner(text);
  while (scanner.hasMore()) yield scanner.next();
}

/** What `json.Unmarshal` says of a text that is no JSON. */
export function syntaxProblem(text: string): string {
  try {
    scanDocument(text);
  } catch (problem) {
    if (problem instanceof JsonSyntaxError) return problem.message;
    throw problem;
  }
  return new JsonSyntaxError(END).message;
}

const END = 'unexpected end of JSON input';

/** The text of a value of the kind `string`. What is not UTF-8 becomes U+FFFD. */
export function stringOf(raw: string): string {
  const text = /[\x80-\xff]/.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
  if (!text.includes('\\')) return text.slice(1, -1);
  return (JSON.parse(text) as string).replace(/\p{Cs}/gu, '\ufffd');
}

const BLANKS = /[ \t\r\n]*/y;
const DIGITS = /\d*/y;
/** What stands in a string for itself. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a string can't have
const PLAIN = /[^"\\\x00-\x1f]*/y;

class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  hasMore(): boolean {
    this.#blanks();
    return this.#at < this.#text.length;
  }

  next(): JsonValue {
    this.#blanks();
    const start = this.#at;
    const c = this.#text[start];
    if (c === '{') return this.#nested(() => this.#object(start));
    if (c === '[') return this.#nested(() => this.#array(start));
    if (c === '"') return this.#scalar('string', () => this.#string());
    if (c === 't') return this.#scalar('bool', () => this.#literal('true'));
    if (c === 'f') return this.#scalar('bool', () => this.#literal('false'));
    if (c === 'n') return this.#scalar('null', () => this.#literal('null'));
    if (c !== undefined && /[-\d]/.test(c)) return this.#scalar('number', () => this.#number());
    return this.refuse('looking for beginning of value');
  }

  refuse(where: string): never {
    const c = this.#text[this.#at];
    if (c === undefined) throw new JsonSyntaxError(END);
    this.#fail(`invalid character ${quoted(c)} ${where}`);
  }

  #fail(message: string): never {
    throw new JsonSyntaxError(message, this.#at + 1);
  }

  #scalar(kind: JsonKind, scan: () => void): JsonValue {
    const start = this.#at;
    scan();
    return { kind, raw: this.#text.slice(start, this.#at), items: NONE, members: NONE };
  }

  #nested(scan: () => JsonValue): JsonValue {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.#fail('exceeded max depth');
    this.#at += 1;
    const value = scan();
    this.#depth -= 1;
    return value;
  }

  #object(start: number): JsonValue {
    const members: JsonMember[] = [];
    if (!this.#skips('}')) {
      do members.push(this.#member());
      while (this.#skips(','));
      if (!this.#skips('}')) this.refuse('after object key:value pair');
    }
    return { kind: 'object', raw: this.#text.slice(start, this.#at), items: NONE, members };
  }

  #member(): JsonMember {
    this.#blanks();
    if (this.#text[this.#at] !== '"') this.refuse('looking for beginning of object key string');
    const { raw } = this.#scalar('string', () => this.#string());
    if (!this.#skips(':')) this.refuse('after object key');
    return { name: stringOf(raw), value: this.next() };
  }

  #array(start: number): JsonValue {
    const items: JsonValue[] = [];
    if (!this.#skips(']')) {
      do items.push(this.next());
      while (this.#skips(','));
      if (!this.#skips(']')) this.refuse('after array element');
    }
    return { kind: 'array', raw: this.#text.slice(start, this.#at), items, members: NONE };
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      this.#skipAll(PLAIN);
      const c = this.#text[this.#at];
      if (c === undefined || c < ' ') this.refuse('in string literal');
      this.#at += 1;
      if (c === '"') return;
      if (c === '\\') this.#escape();
    }
  }

  #escape(): void {
    const c = this.#text[this.#at];
    if (c === undefined || !'"\\/bfnrtu'.includes(c)) this.refuse('in string escape code');
    this.#at += 1;
    for (let digits = c === 'u' ? 4 : 0; digits > 0; digits -= 1) {
      if (!/^[\da-f]$/i.test(this.#text[this.#at] ?? '')) this.refuse('in \\u hexadecimal character escape');
      this.#at += 1;
    }
  }

  #literal(word: string): void {
    for (const [at, c] of [...word].entries()) {
      const found = this.#text[this.#at];
      if (found === undefined) throw new JsonSyntaxError(endInLiteral(word, c));
      if (at > 0 && found !== c) this.#fail(wrongInLiteral(found, word, c));
      this.#at += 1;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if (/^e$/i.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
      if (/^[+-]$/.test(this.#text[this.#at] ?? '')) this.#at += 1;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    if (!/^\d$/.test(this.#text[this.#at] ?? '')) this.refuse(where);
    this.#skipAll(DIGITS);
  }

  /** Whether this comes next, after blanks. */
  #skips(wanted: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #blanks(): void {
    this.#skipAll(BLANKS);
  }

  /** A pattern with the flag `y` that fits any text, if only at its beginning. */
  #skipAll(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }
}

function wrongInLiteral(found: string, word: string, expected: string): string {
  return `invalid character ${quoted(found)} in literal ${word} (expecting ${quoted(expected)})`;
}

/** Go reads one blank past the end, which is wrong inside a literal. */
function endInLiteral(word: string, expected: string): string {
  return wrongInLiteral(' ', word, expected);
}

function quoted(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return `'"'`;
  return `'${quote(c).slice(1, -1)}'`;
}
