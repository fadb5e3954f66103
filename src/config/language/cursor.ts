/**
 * A place in the text: reads characters, counts lines, remembers where the current token began.
 *
 * Line and column follow the reference to the letter, because operators and tools see them: a line number grows when
 * its newline is read, and a column is the distance to the newline before (so the first line counts from 0).
 */

import { isAscii } from 'node:buffer';
import { SyntaxProblem } from './nodes.js';
import { decodeRune, decodeText } from './runes.js';

/** Read at the end of the text. A NUL byte looks the same, and is told apart by `pending`. */
export const END = 0;

/** V8 copies a slice of up to so many characters; a longer one refers to the text it is of. */
const COPIED_MAX = 12;

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
  /** Every byte as the character of its number. */
  private readonly latin1: string;
  private readonly isAscii: boolean;

  constructor(
    readonly bytes: Uint8Array,
    readonly file: string,
  ) {
    this.latin1 = asBuffer(bytes).toString('latin1');
    this.isAscii = isAscii(bytes);
  }

  next(): number {
    if (this.pos >= this.bytes.length) {
      this.width = 0;
      return END;
    }
    const first = this.bytes[this.pos] as number;
    if (first < 0x80) {
      if (first === 0x0a) {
        this.line++;
        this.lineStart = this.pos;
      }
      this.width = 1;
      this.pos++;
      return first;
    }
    const rune = decodeRune(this.bytes, this.pos);
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

  /** Reads on while the bytes are plain: `plain` is 1 at the number of the byte. Takes the place of `next` for each. */
  skipPlain(plain: Uint8Array): void {
    const { bytes } = this;
    let at = this.pos;
    while (at < bytes.length && plain[bytes[at] as number] === 1) at++;
    this.pos = at;
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

  /** The first byte of the token. */
  get tokenByte(): number | undefined {
    return this.pending ? this.bytes[this.tokenStart] : undefined;
  }

  /** Bytes of the token, without the last `omit` ones. */
  tokenBytes(omit = 0): Uint8Array {
    return this.bytes.subarray(this.tokenStart, this.pos - omit);
  }

  tokenText(): string {
    const { tokenStart, pos } = this;
    if (!this.isAscii && !isAscii(this.tokenBytes())) return decodeText(this.tokenBytes());
    // A longer slice would keep the whole text in memory.
    if (pos - tokenStart <= COPIED_MAX) return this.latin1.slice(tokenStart, pos);
    return asBuffer(this.bytes).toString('latin1', tokenStart, pos);
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

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
