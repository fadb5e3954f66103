/** Which bodies are read at all. Pure functions. */
import { bytesAsText, JsonSyntaxError, scanDocument } from '../../go-json/scan.js';
import { apiError } from '../errors/api-error.js';
import { decode } from '../messages/decode.js';
import type { Kind } from '../messages/kind.js';

/** Of a request that needs no body: one that is no object or list counts as none. Throws an `ApiError`. */
export function readOptionalBody<T>(kind: Kind<T>, body: Uint8Array, strict: boolean): T {
  const first = body.find((byte) => !BLANKS.includes(byte));
  return first === OBJECT || first === LIST ? decode(kind, body, strict) : kind.zero();
}

const BLANKS = [...' \t\n\r'].map((blank) => blank.charCodeAt(0));
const OBJECT = '{'.charCodeAt(0);
const LIST = '['.charCodeAt(0);

/** Of a request that has to say something. Throws an `ApiError`. */
export function readRequiredBody<T>(kind: Kind<T>, body: Uint8Array, strict: boolean): T {
  if (isEmptyBody(body)) throw apiError('badRequest');
  return decode(kind, body, strict);
}

/** For a request that has nothing to say. Throws an `ApiError`. */
export function expectEmptyBody(body: Uint8Array): void {
  if (!isEmptyBody(body)) throw apiError('notEmptyRequest');
}

/** Nothing, or an object without fields. */
export function isEmptyBody(body: Uint8Array): boolean {
  if (body.length === 0) return true;
  try {
    const { kind, members } = scanDocument(bytesAsText(body));
    return kind === 'object' && members.length === 0;
  } catch (problem) {
    if (problem instanceof JsonSyntaxError) return false;
    throw problem;
  }
}
