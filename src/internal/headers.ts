/**
 * Headers of messages: names with one or more values, in the block that follows the line `NATS/1.0` (ADR-4). Names keep
 * their case; `get` finds them whatever their case is.
 */
import { MessagingError } from './errors.js';

const FIRST_LINE = 'NATS/1.0';

/** What headers are made from: values by name. */
export type HeadersInput =
  | MessageHeaders
  | Iterable<readonly [string, string]>
  | Record<string, string | readonly string[]>;

export class MessageHeaders implements Iterable<[string, string]> {
  readonly #entries: [string, string][] = [];
  /** The status of a message of the server, e.g. 503; 0: none. */
  readonly status: number;
  /** What the status says beside its number. */
  readonly description: string;

  constructor(input: HeadersInput = [], status = 0, description = '') {
    this.status = status;
    this.description = description;
    for (const [name, value] of entriesOf(input)) this.append(name, value);
  }

  /** Reads a whole block. What is no header is passed over, as clients do. */
  static parse(block: string): MessageHeaders {
    const [first = '', ...lines] = block.split('\r\n');
    const [, code = '', description = ''] = /^NATS\/1\.0(?: (\d{3}))?(?: (.*))?$/.exec(first) ?? [];
    const headers = new MessageHeaders([], Number(code), description.trim());
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0) headers.#entries.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
    }
    return headers;
  }

  /** Adds one more value. Throws for a name or value that would break the block. */
  append(name: string, value: string): void {
    if (name === '' || /[:\s]/.test(name)) {
      throw new MessagingError(
        'INVALID_HEADER',
        `${JSON.stringify(name)} is no header name: leave out blanks and colons`,
      );
    }
    if (/[\r\n]/.test(value)) {
      throw new MessagingError('INVALID_HEADER', `the value of the header ${name} contains a line break: leave it out`);
    }
    this.#entries.push([name, value]);
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    return this.#find(name)?.[1];
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#entries.filter(([known]) => known.toLowerCase() === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#entries[Symbol.iterator]();
  }

  /** The block as it is sent, with the empty line at its end. */
  toString(): string {
    const lines = this.#entries.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${FIRST_LINE}\r\n${lines}\r\n`;
  }

  #find(name: string): [string, string] | undefined {
    const wanted = name.toLowerCase();
    return this.#entries.find(([known]) => known.toLowerCase() === wanted);
  }
}

function* entriesOf(input: HeadersInput): Generator<readonly [string, string]> {
  if (Symbol.iterator in input) return yield* input as Iterable<readonly [string, string]>;
  for (const [name, values] of Object.entries(input)) {
    for (const value of typeof values === 'string' ? [values] : values) yield [name, value];
  }
}
