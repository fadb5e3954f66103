/**
 * The answer of an HTTP endpoint, and the forms it has: JSON as Go writes it, text, a stream of parts. Shared by the
 * monitoring and profiling listeners. Sends nothing itself.
 */
import { goJson } from './go-format.js';

export interface Answer {
  status: number;
  type: string;
  /** Scripts of any web page may read it (`Access-Control-Allow-Origin: *`). */
  anyOrigin: boolean;
  /** The whole text; or, for each client anew, parts of it that are made while earlier ones are sent. */
  body: string | (() => AsyncIterable<string>);
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** JSON, indented as nats-server indents it. */
export function json(value: object, options: { status?: number; indent?: number } = {}): Answer {
  const body = goJson(value, options.indent ?? 2);
  return { status: options.status ?? 200, type: JSON_TYPE, anyOrigin: true, body };
}

/** JSON that is made part by part. */
export function jsonStream(body: () => AsyncIterable<string>): Answer {
  return { status: 200, type: JSON_TYPE, anyOrigin: true, body };
}

/** Plain text for people, such as an error message. */
export function text(status: number, body: string): Answer {
  return { status, type: TEXT_TYPE, anyOrigin: false, body };
}
