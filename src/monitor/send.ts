/** Sends an answer to a client of the monitoring listener. Ends the connection of a client that takes too long to read it. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from '../http/answer.js';

/** The connection is closed when an answer takes longer than this in all. */
const ANSWER_MS = 120_000;

/** `more`: names and values of further headers. */
export function send(response: ServerResponse, answer: Answer, more: readonly string[] = []): void {
  const { status, type, anyOrigin, body } = answer;
  // A list of names and values is what Node writes fastest.
  const headers = ['Content-Type', type, ...(anyOrigin ? ANY_ORIGIN : []), ...more];
  if (typeof body === 'string') {
    headers.push('Content-Length', `${Buffer.byteLength(body)}`);
    response.writeHead(status, headers).end(body);
  } else {
    response.writeHead(status, headers);
    void sendParts(response, body());
  }
  // The system nearly always takes a whole text at once: then there is nothing to wait for.
  if (!response.writableFinished) endWhenLate(response);
}

const ANY_ORIGIN = ['Access-Control-Allow-Origin', '*'];

async function sendParts(response: ServerResponse, parts: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(parts), response);
  } catch {
    // The rest of the answer can't be made, e.g. because the broker stops: the client sees that it is incomplete.
    response.destroy();
  }
}

function endWhenLate(response: ServerResponse): void {
  const timeout = setTimeout(() => response.destroy(), ANSWER_MS).unref();
  response.once('close', () => clearTimeout(timeout));
}
