/**
 * The client protocol in plain TypeScript, as one would write it for speed: one pass over the control line, no
 * allocation, offsets instead of slices. It knows PUB, HPUB, PING and PONG only. The comparison
 * for the native parser, not part of the broker.
 */
const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
export const CONTROL_LINE_MAX = 4096;
const PAYLOAD_MAX = 1 << 20;
const SIZE_DIGITS_MAX = 9;

export type Operation = 'publish' | 'ping' | 'pong';

/** The stream is no protocol; the connection can't go on. */
export class ProtocolError extends Error {}

export class PlainParser {
  /** The operation that `next` found. */
  operation: Operation = 'ping';
  subjectStart = 0;
  subjectEnd = 0;
  /** Both 0 without a reply subject. */
  replyStart = 0;
  replyEnd = 0;
  headerLength = 0;
  bodyStart = 0;
  bodyEnd = 0;
  /** What subscribers get behind the subject and their sid, as it came; both 0 where the line is spaced oddly. */
  tailStart = 0;
  tailEnd = 0;
  /** Where an incomplete operation will end, when its control line is complete; else 0. */
  needEnd = 0;

  /** Starts and ends of the line's words; PUB and HPUB have five at most, a sixth is one too many. */
  readonly #words = new Uint32Array(12);

  /** Finds the operation at `start`; returns where it ends, or -1 when it goes on behind `end`. */
  next(buffer: Buffer, start: number, end: number): number {
    this.needEnd = 0;
    const words = this.#words;
    let count = 0;
    let canonical = true;
    let inWord = false;
    let at = start;
    for (; ; at++) {
      if (at === end) {
        if (at - start > CONTROL_LINE_MAX) throw new ProtocolError('maximum control line exceeded');
        return -1;
      }
      const byte = buffer[at] as number;
      if (byte === LF) break;
      const blank = byte === SPACE || byte === TAB || (byte === CR && at + 1 < end && buffer[at + 1] === LF);
      if (blank === !inWord) continue;
      if (blank) {
        words[2 * count + 1] = at;
        count++;
      } else {
        if (count === 6) throw new ProtocolError('too many arguments');
        if (count > 0) canonical &&= at - (words[2 * count - 1] as number) === 1 && buffer[at - 1] === SPACE;
        words[2 * count] = at;
      }
      inWord = !blank;
    }
    if (inWord) {
      words[2 * count + 1] = at;
      count++;
    }
    const lineEnd = at + 1;
    if (lineEnd - start > CONTROL_LINE_MAX) throw new ProtocolError('maximum control line exceeded');
    if (count === 0) throw new ProtocolError('Unknown Protocol Operation');
    const length = (words[1] as number) - start;
    if (length === 3 && isWord(buffer, start, 'pub')) {
      if (count !== 3 && count !== 4) throw new ProtocolError('processPub Parse Error');
      return this.#publish(buffer, end, lineEnd, count, 0, canonical);
    }
    if (length === 4 && isWord(buffer, start, 'hpub')) {
      if (count !== 4 && count !== 5) throw new ProtocolError('processHeaderPub Parse Error');
      return this.#publish(buffer, end, lineEnd, count, 1, canonical);
    }
    if (length === 4 && isWord(buffer, start, 'ping')) {
      this.operation = 'ping';
      return lineEnd;
    }
    if (length === 4 && isWord(buffer, start, 'pong')) {
      this.operation = 'pong';
      return lineEnd;
    }
    throw new ProtocolError('Unknown Protocol Operation');
  }

  /** `sizes`: 1 where the size of the headers comes before that of all. */
  #publish(buffer: Buffer, end: number, lineEnd: number, count: number, headers: 0 | 1, canonical: boolean): number {
    const words = this.#words;
    const sizeWord = 2 * (count - 1);
    const size = readSize(buffer, words[sizeWord] as number, words[sizeWord + 1] as number);
    const headerLength = headers ? readSize(buffer, words[sizeWord - 2] as number, words[sizeWord - 1] as number) : 0;
    if (headerLength > size) throw new ProtocolError('the headers are longer than the message');
    if (size > PAYLOAD_MAX) throw new ProtocolError('maximum payload exceeded');
    const bodyEnd = lineEnd + size;
    if (bodyEnd + 2 > end) {
      this.needEnd = bodyEnd + 2;
      return -1;
    }
    if (buffer[bodyEnd] !== CR || buffer[bodyEnd + 1] !== LF) throw new ProtocolError('Unknown Protocol Operation');
    this.operation = 'publish';
    this.subjectStart = words[2] as number;
    this.subjectEnd = words[3] as number;
    const hasReply = count - headers === 4;
    this.replyStart = hasReply ? (words[4] as number) : 0;
    this.replyEnd = hasReply ? (words[5] as number) : 0;
    this.headerLength = headerLength;
    this.bodyStart = lineEnd;
    this.bodyEnd = bodyEnd;
    const asItCame = canonical && (words[sizeWord + 1] as number) === lineEnd - 2;
    this.tailStart = asItCame ? (words[4] as number) : 0;
    this.tailEnd = asItCame ? bodyEnd + 2 : 0;
    return bodyEnd + 2;
  }
}

function isWord(buffer: Buffer, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if (((buffer[start + i] as number) | 0x20) !== word.charCodeAt(i)) return false;
  }
  return true;
}

function readSize(buffer: Buffer, start: number, end: number): number {
  if (end - start > SIZE_DIGITS_MAX) throw new ProtocolError('Bad or Missing Size');
  let size = 0;
  for (let at = start; at < end; at++) {
    const digit = (buffer[at] as number) - 48;
    if (digit < 0 || digit > 9) throw new ProtocolError('Bad or Missing Size');
    size = size * 10 + digit;
  }
  return size;
}
