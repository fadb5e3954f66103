/**
 * A place in the text: reads characters, counts lines, remembers where the current token began.
 *
 * Line and column follow the reference to the letter, because operators and tools see them: a line number grows when
 * its newline is read, and a column is the distance to the newline before (so the first line counts from 0).
 */

import { SyntaxProblem } from './nodes.js';
import { decodeRune, decodeText } from './runes.js';

/** Read at the end of the text. A NUL byte looks the same, and is told apart by `pending`. */
export const END = 0;

export interface Place {
  line: number;
  column: number;
}

export class Cursor {
  pos = 0;
  line = 1;
  private width = 0;
  private lineStart = 0;
  private tokenStart = 0;
  private tokenLineStart = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly file: string,
  ) {}

  next(): number {
    if (this.pos >= this.bytes.length) {
      this.width = 0;
      return END;
    }
    const rune = decodeRune(this.bytes, this.pos);
    if (rune.code === 0x0a) {
      this.line++;
      this.lineStart = this.pos;
    }
    this.width = rune.width;
    this.pos += rune.width;
    return rune.code;
  }

  /** Takes the last `next` back; once per `next`. */
  back(): void {
    this.pos -= this.width;
    if (this.bytes[this.pos] === 0x0a && this.width > 0) this.line--;
  }

  peek(): number {
    const code = this.next();
    this.back();
    return code;
  }

  /** The next token begins here. */
  mark(): void {
    this.tokenStart = this.pos;
    this.tokenLineStart = this.lineStart;
  }

  /** Moves the beginning of the token past its first byte. */
  skipFirst(): void {
    this.tokenStart++;
  }

  /** Whether characters were read since the mark. */
  get pending(): boolean {
    return this.pos > this.tokenStart;
  }

  get tokenLength(): number {
    return this.pos - this.tokenStart;
  }

  /** Bytes of the token, without the last `omit` ones. */
  tokenBytes(omit = 0): Uint8Array {
    return this.bytes.subarray(this.tokenStart, this.pos - omit);
  }

  tokenText(): string {
    return decodeText(this.tokenBytes());
  }

  /** Where the token of this many bytes, ending here, began. */
  place(length = this.tokenLength): Place {
    return { line: this.line, column: this.pos - this.tokenLineStart - length };
  }

  fail(reason: string): never {
    const message = `Parse error on line ${this.line}: '${reason}'`;
    throw new SyntaxProblem(message, this.file, this.line, this.pos - this.lineStart);
  }
}
