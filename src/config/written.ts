/** Reading of single values that a library user wrote, with errors that name the option. */

import { DurationError, parseDuration } from './duration.js';
import { OptionsError } from './errors.js';
import { quote } from './text.js';

/** Milliseconds of a duration that a library user wrote. */
export function milliseconds(option: string, written: unknown): number {
  if (typeof written === 'number' && Number.isFinite(written)) return written;
  if (typeof written !== 'string') throw wrongType(option, "milliseconds, or a duration such as '2m'", written);
  try {
    return parseDuration(written);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new OptionsError(
      option,
      `error parsing ${option}: ${error.message}`,
      "Write a duration such as '2m' or '250ms'.",
    );
  }
}

/** The value as a string, or undefined when absent. */
export function text(option: string, written: unknown): string | undefined {
  if (written === undefined || written === null) return undefined;
  if (typeof written !== 'string') throw wrongType(option, 'a string', written);
  return written;
}

export function wrongType(option: string, expected: string, written: unknown): OptionsError {
  const shown = typeof written === 'string' ? quote(written) : String(written);
  return new OptionsError(option, `${option} must be ${expected}, not ${shown}`, `Give ${option} ${expected}.`);
}
