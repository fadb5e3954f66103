/** Bodies of requests, read as the reference does. Pure functions. */
import { bytesAsText, JsonSyntaxError, type JsonValue, scanDocument, scanDocuments } from '../../go-json/scan.js';
import { apiError } from '../errors/api-error.js';
import { type Kind, Reading, UnreadableError } from './kind.js';

/** The body is no JSON, or not what the request has to say. */
class BodyError extends Error {
  override readonly name = 'BodyError';
}

/**
 * The message in a body: one document, or several of which each adds to the ones before. Unless `strict`, unknown fields
 * are ignored. Throws an `ApiError` (10025).
 */
export function decode<T>(kind: Kind<T>, body: Uint8Array, strict: boolean): T {
  const text = bytesAsText(body);
  const state = { value: kind.zero() };
  try {
    readDocuments(kind, text, state);
    return state.value;
  } catch (problem) {
    if (!(problem instanceof BodyError)) throw problem;
    if (strict) throw apiError('invalidJSON', { err: problem.message });
    return decodeLeniently(kind, text, state.value);
  }
}

/** Once more and as one document, over what the first attempt has left. */
function decodeLeniently<T>(kind: Kind<T>, text: string, before: T): T {
  try {
    const state = { value: before };
    readValue(kind, scanDocument(text), state, new Reading(false));
    return state.value;
  } catch (problem) {
    if (problem instanceof BodyError || problem instanceof JsonSyntaxError) {
      throw apiError('invalidJSON', { err: problem.message });
    }
    throw problem;
  }
}

/** What has been read so far stays in `state` when a problem is thrown. */
function readDocuments<T>(kind: Kind<T>, text: string, state: { value: T }): void {
  try {
    for (const document of scanDocuments(text)) readValue(kind, document, state, new Reading(true));
  } catch (problem) {
    if (!(problem instanceof JsonSyntaxError)) throw problem;
    const { message, offset } = problem;
    throw new BodyError(offset === undefined ? 'unexpected EOF' : `${message} at offset ${offset}`);
  }
}

function readValue<T>(kind: Kind<T>, document: JsonValue, state: { value: T }, reading: Reading): void {
  try {
    state.value = kind.read(document, state.value, reading);
  } catch (problem) {
    if (problem instanceof UnreadableError) throw new BodyError(problem.message);
    throw problem;
  }
  if (reading.problem !== undefined) throw new BodyError(reading.problem);
}
