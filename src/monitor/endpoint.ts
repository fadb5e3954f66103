/** What an endpoint is: a function from the broker and the query to an answer. Owns the few forms an answer has. */
import { goJson } from './go-format.js';
import type { MonitorContext } from './source.js';

export interface Answer {
  status: number;
  type: string;
  /** Any page may read it. */
  shared: boolean;
  /** Whole, or in pieces that are made while the ones before are sent. */
  body: string | AsyncIterable<string>;
}

export type Endpoint = (context: MonitorContext, query: URLSearchParams) => Answer;

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** JSON as the reference writes it. */
export function json(value: object, options: { status?: number; indent?: number } = {}): Answer {
  const body = goJson(value, options.indent ?? 2);
  return { status: options.status ?? 200, type: JSON_TYPE, shared: true, body };
}

/** JSON that is made piece by piece. */
export function jsonPieces(body: AsyncIterable<string>): Answer {
  return { status: 200, type: JSON_TYPE, shared: true, body };
}

/** An error, for a person to read. */
export function text(status: number, body: string): Answer {
  return { status, type: TEXT_TYPE, shared: false, body };
}
