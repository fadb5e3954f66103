/**
 * The configuration language: a recursive descent over the text that tells a `Sink` what it finds.
 *
 * The language grew by use, and files in the field lean on its corners, so the corners are kept on purpose: a file may
 * be wrapped in braces, a lone slash after a value is ignored, a key may stand on the line before its value. One
 * corner is not kept: an integer directly before `]` is accepted. Values of maps and arrays are in values.ts.
 */

import { type Cursor, END, type Place } from './cursor.js';
import { ch, isBlank, isKeySeparator, isNewline, isOneOf, isSpace, plainBytes, shown } from './runes.js';
import { readInclude, readScalar, type ScalarKind } from './values.js';

/** Receives the document in reading order. */
export interface Sink {
  key(name: string, at: Place): void;
  openMap(): void;
  closeMap(at: Place): void;
  openArray(): void;
  closeArray(at: Place): void;
  scalar(kind: ScalarKind, text: string, at: Place): void;
  include(path: string, at: Place): void;
}

/** Nobody nests deeper by hand; it keeps hostile input from exhausting the stack. */
const DEPTH_MAX = 500;

/** Of bytes: those that belong to a bare key. */
const KEY_BYTES = plainBytes(' \t\n\v\f\r=:');

const INCLUDE = 'include';

/** The text ended where that is allowed. */
class EndOfText {}

/** What comes after an entry of a braced file: another entry, or its end. */
type After = 'more' | 'closed';

/** Reads the whole text; throws `SyntaxProblem`. Returns where it ended and the key left without a value, if any. */
export function readDocument(cursor: Cursor, sink: Sink): { end: Place; danglingKey?: string | undefined } {
  const reader = new Reader(cursor, sink);
  try {
    reader.top();
  } catch (signal) {
    if (!(signal instanceof EndOfText)) throw signal;
  }
  return { end: cursor.place(), danglingKey: reader.lastKey };
}

class Reader {
  /** The key read last, while nothing came after it. */
  lastKey: string | undefined;
  private depth = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly sink: Sink,
  ) {}

  /** The body of a file. Ends by `EndOfText`. */
  top(): void {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (isSpace(code)) cursor.mark();
      else if (code === ch('{')) {
        cursor.mark();
        this.block();
      } else if (this.comment(code)) continue;
      else if (code === END || code === ch('/')) this.end();
      else {
        cursor.back();
        this.entry();
        this.afterTopValue();
      }
    }
  }

  /** A file, or part of one, in braces; its entries belong to the same map as those outside. */
  private block(): void {
    this.enter();
    const { cursor } = this;
    for (let after: After = 'more'; after === 'more'; ) {
      const code = cursor.next();
      if (isSpace(code)) cursor.mark();
      else if (code === ch('{')) {
        cursor.mark();
        this.block();
        after = this.afterBlock();
      } else if (code === ch('}')) {
        cursor.mark();
        after = 'closed';
      } else if (this.comment(code)) continue;
      else if (code === END || code === ch('/')) this.end();
      else {
        cursor.back();
        this.entry();
        after = this.afterBlockValue();
      }
    }
    this.depth--;
  }

  private afterTopValue(): void {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (this.comment(code)) return;
      if (isBlank(code) || code === ch('/')) continue;
      if (isNewline(code) || code === END || isOneOf(code, ';,}')) {
        cursor.mark();
        return;
      }
      cursor.fail(
        `Expected a top-level value to end with a new line, comment or EOF, but got '${shown(code)}' instead.`,
      );
    }
  }

  private afterBlockValue(): After {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (this.comment(code) || isBlank(code) || code === ch('/')) continue;
      if (code === ch('}')) {
        cursor.back();
        return this.afterBlock();
      }
      if (!isNewline(code) && !isOneOf(code, ';,')) {
        const got = `but got '${shown(code)}' instead.`;
        cursor.fail(`Expected a block-level value to end with a new line, comment or EOF, ${got}`);
      }
      cursor.mark();
      return 'more';
    }
  }

  private afterBlock(): After {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (this.comment(code)) return 'more';
      if (isNewline(code) || isBlank(code) || code === ch('/')) continue;
      if (!isOneOf(code, ';,}'))
        cursor.fail(`Expected a block-level to end with a '}', but got '${shown(code)}' instead.`);
      cursor.mark();
      return code === ch('}') ? 'closed' : 'more';
    }
  }

  /** Key and value, or an include. */
  private entry(): void {
    const { cursor } = this;
    const first = cursor.peek();
    if (isKeySeparator(first)) cursor.fail(`Unexpected key separator '${shown(first)}'`);
    if (first === ch('"') || first === ch("'")) {
      cursor.next();
      cursor.mark();
      while (cursor.peek() !== first) {
        if (cursor.peek() === END) cursor.fail('Unexpected EOF.');
        cursor.next();
      }
      this.key();
      cursor.next();
      cursor.mark();
    } else {
      cursor.mark();
      cursor.next();
      this.skipKey();
      if (this.includeKeyword()) return;
      this.key();
    }
    for (;;) {
      const code = cursor.next();
      if (code === END) this.end(true);
      if (!isSpace(code)) {
        if (!isKeySeparator(code)) cursor.back();
        else cursor.mark();
        break;
      }
      cursor.mark();
    }
    this.value(false);
  }

  /** Reads on to the end of a bare key. */
  private skipKey(): void {
    const { cursor } = this;
    for (;;) {
      cursor.skipPlain(KEY_BYTES);
      const code = cursor.peek();
      if (isSpace(code) || isKeySeparator(code) || code === END) return;
      cursor.next();
    }
  }

  /** Reads an include when the bare word just read says so. */
  private includeKeyword(): boolean {
    const { cursor } = this;
    if (cursor.tokenLength !== INCLUDE.length || !isSpace(cursor.peek())) return false;
    if (cursor.tokenText().toLowerCase() !== INCLUDE) return false;
    const at = cursor.place();
    cursor.mark();
    this.lastKey = undefined;
    this.sink.include(readInclude(cursor), at);
    return true;
  }

  private value(inArray: boolean): void {
    const { cursor, sink } = this;
    let code = cursor.next();
    while (isBlank(code)) {
      cursor.mark();
      code = cursor.next();
    }
    if (code === ch('[')) {
      cursor.mark();
      this.lastKey = undefined;
      sink.openArray();
      this.array();
    } else if (code === ch('{')) {
      cursor.mark();
      this.lastKey = undefined;
      sink.openMap();
      this.map();
    } else {
      const { kind, text, at } = readScalar(cursor, code, inArray);
      this.lastKey = undefined;
      sink.scalar(kind, text, at);
    }
  }

  private array(): void {
    this.enter();
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (isSpace(code)) cursor.mark();
      else if (this.comment(code)) continue;
      else if (code === ch(',') || code === ch('/')) cursor.fail("Unexpected array value terminator ','.");
      else if (code === ch(']')) break;
      else {
        cursor.back();
        this.value(true);
        if (this.afterArrayValue() === 'closed') break;
      }
    }
    this.depth--;
    cursor.mark();
    this.sink.closeArray(cursor.place());
  }

  private afterArrayValue(): After {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (this.comment(code)) continue;
      if (!isBlank(code) && code !== ch(']') && !isNewline(code) && !isOneOf(code, ',/')) {
        const got = `but got '${shown(code)}' instead.`;
        cursor.fail(`Expected an array value terminator "," or an array terminator "]", ${got}`);
      }
      if (code === ch(']')) return 'closed';
      cursor.mark();
      if (!isBlank(code)) return 'more';
    }
  }

  private map(): void {
    this.enter();
    const { cursor } = this;
    for (;;) {
      const code = cursor.peek();
      if (isKeySeparator(code)) cursor.fail(`Unexpected key separator '${shown(code)}'.`);
      if (code === ch(']')) cursor.fail("Unexpected array end ']' processing map.");
      if (code === END) cursor.fail('Unexpected EOF processing map.');
      if (isSpace(code) || code === ch('}')) {
        cursor.next();
        cursor.mark();
        if (code === ch('}')) break;
        continue;
      }
      if (isOneOf(code, '#/')) {
        cursor.next();
        if (this.comment(code)) continue;
      }
      if (this.mapEntry() === 'closed') break;
    }
    this.depth--;
    cursor.mark();
    this.sink.closeMap(cursor.place());
  }

  private mapEntry(): After {
    const { cursor } = this;
    const first = cursor.peek();
    const quoted = first === ch('"') || first === ch("'");
    if (quoted) {
      cursor.next();
      cursor.mark();
      const kind = first === ch('"') ? 'double quoted map key' : 'quoted map key';
      while (cursor.peek() !== first) {
        if (cursor.peek() === END) cursor.fail(`Unexpected EOF processing ${kind}.`);
        cursor.next();
      }
    } else {
      cursor.mark();
      cursor.next();
      this.skipKey();
      if (cursor.peek() === END) cursor.fail('Unexpected EOF processing map key.');
      if (this.includeKeyword()) return this.afterMapValue();
    }
    this.key();
    if (quoted) {
      cursor.next();
      cursor.mark();
    }
    this.skipSpaces();
    if (isKeySeparator(cursor.peek())) {
      cursor.next();
      cursor.mark();
      this.skipSpaces();
    }
    const code = cursor.peek();
    if (code === ch(',')) {
      cursor.next();
      cursor.fail('Unexpected map value terminator ",".');
    }
    if (code === ch('}')) {
      cursor.next();
      return 'closed';
    }
    this.value(false);
    return this.afterMapValue();
  }

  private afterMapValue(): After {
    const { cursor } = this;
    for (;;) {
      const code = cursor.next();
      if (this.comment(code)) continue;
      if (code === ch('}')) return 'closed';
      if (!isBlank(code) && !isNewline(code) && !isOneOf(code, ';,/')) {
        const got = `but got '${shown(code)}' instead.`;
        cursor.fail(`Expected a map value terminator "," or a map terminator "}", ${got}`);
      }
      cursor.mark();
      if (!isBlank(code)) return 'more';
    }
  }

  private skipSpaces(): void {
    while (isSpace(this.cursor.peek())) {
      this.cursor.next();
      this.cursor.mark();
    }
  }

  private key(): void {
    const { cursor } = this;
    this.lastKey = cursor.tokenText();
    this.sink.key(this.lastKey, cursor.place());
    cursor.mark();
  }

  /** Reads the rest of a comment when `code`, just read, begins one. */
  private comment(code: number): boolean {
    const { cursor } = this;
    if (code === ch('/')) {
      if (cursor.next() !== ch('/')) {
        cursor.back();
        return false;
      }
    } else if (code !== ch('#')) return false;
    this.lastKey = undefined;
    while (!isNewline(cursor.peek()) && cursor.peek() !== END) cursor.next();
    cursor.mark();
    return true;
  }

  /** The text is over; an error when something had begun. */
  private end(quietly = false): never {
    if (this.cursor.pending && !quietly) this.cursor.fail('Unexpected EOF.');
    throw new EndOfText();
  }

  private enter(): void {
    if (++this.depth > DEPTH_MAX) this.cursor.fail(`Nested more than ${DEPTH_MAX} levels deep.`);
  }
}
