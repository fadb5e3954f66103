/** Whether a stream can be restored as asked for. Pure functions. */
import { apiError } from '../errors/api-error.js';
import type { StreamConfig } from '../messages/stream-config.js';
import { checkStreamConfig } from './check/index.js';
import { checkNewStream } from './limits.js';
import type { Surroundings } from './surroundings.js';

/**
 * Decides about STREAM.RESTORE for the stream `name`, before anything is received, and returns the configuration it will
 * have. The request need not repeat the name. Throws an `ApiError`.
 */
export function restoreStream(name: string, asked: StreamConfig, surroundings: Surroundings): StreamConfig {
  const config = { ...asked, name: asked.name || name };
  if (config.name !== name) throw apiError('streamMismatch');
  if (/[\\/]/.test(name)) throw apiError('streamNameContainsPathSeparators');
  const checked = checkStreamConfig(config, { surroundings, pedantic: false });
  checkNewStream(checked, surroundings);
  if (surroundings.streams.find(name) !== undefined) throw apiError('streamNameExistRestoreFailed');
  return checked;
}
