/**
 * Messages on their way to the data plane: frames of the client protocol, gathered in one buffer and handed down in
 * batches. Owns the buffer and the promises of `flush`; the order of messages is the order of calls.
 */
import { backlogExceeded, payloadTooLarge } from './errors.js';

/** Bytes gathered before they are handed down at once. */
const BATCH_BYTES = 256 * 1024;
/** Bytes that may wait to be published. */
const BACKLOG_BYTES = 64 * 1024 * 1024;
/** The longest `HPUB`, blanks, sizes and line ends. */
const LINE_OVERHEAD = 40;
const INITIAL_BYTES = 16 * 1024;

const EMPTY = Buffer.alloc(0);

/** Part of a buffer. */
export interface Slice {
  bytes: Uint8Array;
  start: number;
  end: number;
}

export interface OutboxPort {
  /** Hands frames down; returns the bytes that wait to be published by then. */
  publish(frames: Uint8Array, confirm: number | undefined): number;
  /** Bytes that wait to be published. */
  unpublished(): number;
}

export interface Outgoing {
  subject: string | Slice;
  reply?: string | undefined;
  /** A whole header block. */
  headers?: string | undefined;
  data?: Uint8Array | string | undefined;
}

export class Outbox {
  readonly #port: OutboxPort;
  readonly #maxPayload: () => number;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;
  #waiting = 0;
  #scheduled = false;
  /** While a batch of messages is handled, what they answer is handed down at its end. */
  #held = false;
  #closed = false;
  readonly #confirms = new Map<number, () => void>();

  constructor(port: OutboxPort, maxPayload: () => number) {
    this.#port = port;
    this.#maxPayload = maxPayload;
  }

  /** Adds a message. Throws when it is too large, or when too much waits already. */
  add({ subject, reply, headers, data = EMPTY }: Outgoing): void {
    const text = typeof data === 'string';
    const size = text ? Buffer.byteLength(data) : data.byteLength;
    const headerSize = headers === undefined ? 0 : Buffer.byteLength(headers);
    const total = headerSize + size;
    const max = this.#maxPayload();
    if (max >= 0 && total > max) throw payloadTooLarge(total, max);
    this.#makeRoom(maxBytes(subject, reply) + total);
    const sizes = headers === undefined ? `${size}\r\n` : `${headerSize} ${total}\r\n`;
    this.#text(headers === undefined ? 'PUB ' : 'HPUB ');
    if (typeof subject === 'string') this.#utf8(subject);
    else this.#bytes(subject.bytes, subject.start, subject.end);
    this.#text(' ');
    if (reply !== undefined) this.#utf8(`${reply} `);
    this.#text(sizes);
    if (headers !== undefined) this.#utf8(headers);
    if (text) this.#utf8(data);
    else this.#bytes(data, 0, size);
    this.#text('\r\n');
    if (this.#length >= BATCH_BYTES) this.send();
    else if (!this.#held && !this.#scheduled) this.#schedule();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Gathers until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.send();
  }

  /** Hands down what was gathered. */
  send(confirm?: number): void {
    if (this.#closed || (this.#length === 0 && confirm === undefined)) return;
    this.#waiting = this.#port.publish(this.#buffer.subarray(0, this.#length), confirm);
    this.#length = 0;
  }

  /** Settles once everything added so far is delivered to whoever was subscribed, which `confirm` tells by the number. */
  flush(number: number): Promise<void> {
    return new Promise((resolve) => {
      this.#confirms.set(number, resolve);
      this.send(number);
    });
  }

  /** The data plane has delivered everything up to that number. */
  confirm(number: number): void {
    this.#confirms.get(number)?.();
    this.#confirms.delete(number);
  }

  /** Nothing is published any more. */
  close(): void {
    this.#closed = true;
    this.#length = 0;
    for (const resolve of this.#confirms.values()) resolve();
    this.#confirms.clear();
  }

  #schedule(): void {
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#held) this.send();
    });
  }

  #makeRoom(bytes: number): void {
    if (this.#waiting + this.#length > BACKLOG_BYTES) {
      this.#waiting = this.#port.unpublished();
      if (this.#waiting + this.#length > BACKLOG_BYTES) throw backlogExceeded(this.#waiting + this.#length);
    }
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  #text(ascii: string): void {
    this.#length += this.#buffer.write(ascii, this.#length, 'latin1');
  }

  #utf8(text: string): void {
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#buffer.set(start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end), this.#length);
    this.#length += end - start;
  }
}

/** Room that a line takes at most: three bytes for each UTF-16 unit. */
function maxBytes(subject: string | Slice, reply: string | undefined): number {
  const subjectBytes = typeof subject === 'string' ? 3 * subject.length : subject.end - subject.start;
  return LINE_OVERHEAD + subjectBytes + 3 * (reply?.length ?? 0);
}
