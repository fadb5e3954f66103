/**
 * Splits the bytes a NATS server sends into frames. Owns the server-to-client grammar as tests need it: stricter than
 * clients are (CRLF only), but fields may be separated by several blanks, because messages that the server itself
 * publishes may have two before the size. Knows no socket.
 */

export type FrameOp = 'INFO' | 'MSG' | 'HMSG' | 'PING' | 'PONG' | '+OK' | '-ERR';

export interface Frame {
  op: FrameOp;
  /** The frame as it came, with its line ends. */
  raw: Buffer;
  /** What follows the op on the first line, without the line end. */
  args: string;
  /** MSG and HMSG only, from here on. */
  subject?: string | undefined;
  sid?: string | undefined;
  reply?: string | undefined;
  headers?: Buffer | undefined;
  payload?: Buffer;
}

export class FrameError extends Error {
  constructor(line: string) {
    super(`the server sent something that is no frame: ${JSON.stringify(line)}`);
    this.name = 'FrameError';
  }
}

const BARE = new Set(['PING', 'PONG', '+OK']);

export class FrameParser {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes that do not make a whole frame yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  push(chunk: Buffer): Frame[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const frame = parseAt(data, at);
      if (!frame) break;
      frames.push(frame);
      at += frame.raw.length;
    }
    this.#rest = data.subarray(at);
    return frames;
  }
}

function parseAt(data: Buffer, at: number): Frame | undefined {
  const lineEnd = data.indexOf('\r\n', at, 'latin1');
  if (lineEnd < 0) return undefined;
  const line = data.toString('latin1', at, lineEnd);
  const blank = line.indexOf(' ');
  const op = blank < 0 ? line : line.slice(0, blank);
  const args = blank < 0 ? '' : line.slice(blank + 1);
  const next = lineEnd + 2;
  if (op === 'MSG' || op === 'HMSG') return parseMessage(data, at, next, op, args, line);
  if (BARE.has(line) || op === 'INFO' || op === '-ERR') {
    return { op: op as FrameOp, raw: data.subarray(at, next), args };
  }
  throw new FrameError(line);
}

function parseMessage(
  data: Buffer,
  at: number,
  body: number,
  op: 'MSG' | 'HMSG',
  args: string,
  line: string,
): Frame | undefined {
  const fields = args.split(/ +/);
  const sizes = op === 'MSG' ? 1 : 2;
  const named = fields.length - sizes;
  if (named !== 2 && named !== 3) throw new FrameError(line);
  const total = Number(fields.at(-1));
  const headerSize = op === 'MSG' ? 0 : Number(fields.at(-2));
  if (!Number.isInteger(total) || !Number.isInteger(headerSize) || headerSize > total) throw new FrameError(line);
  const end = body + total + 2;
  if (data.length < end) return undefined;
  if (data[end - 2] !== 13 || data[end - 1] !== 10) throw new FrameError(line);
  return {
    op,
    raw: data.subarray(at, end),
    args,
    subject: fields[0],
    sid: fields[1],
    reply: named === 3 ? fields[2] : undefined,
    headers: op === 'HMSG' ? data.subarray(body, body + headerSize) : undefined,
    payload: data.subarray(body + headerSize, end - 2),
  };
}
