/** What each check of a configuration is given, and how it ends. */
import { type ApiError, apiError, invalidConfig } from '../../errors/api-error.js';
import type { StreamConfig } from '../../messages/stream-config.js';
import type { Surroundings } from '../surroundings.js';

export interface Context {
  readonly surroundings: Surroundings;
  /** Says what else would be adjusted silently. */
  readonly pedantic: boolean;
}

/** Throws an `ApiError`, or returns the configuration with what the check fills in or adjusts. */
export type Check = (config: StreamConfig, context: Context) => StreamConfig;

/** Refuses the configuration where this holds. */
export function refuseIf(holds: boolean, problem: string | ApiError): void {
  if (holds) throw typeof problem === 'string' ? invalidConfig(problem) : problem;
}

/** In pedantic mode an adjustment is an error. */
export function refusePedantically({ pedantic }: Context, problem: string): void {
  if (pedantic) throw apiError('pedantic', { err: problem });
}
