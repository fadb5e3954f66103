/** How the generated files write the default of an option. */

import { formatDuration } from '../../config/duration.js';
import { sizeText } from '../../config/integer.js';
import type { OptionSpec } from '../../config/spec.js';

/** In backticks; empty where there is none. */
export function defaultText({ type, default: value }: OptionSpec): string {
  if (value === undefined) return '';
  const isDuration = type === 'duration' || type === 'duration_string';
  if (isDuration) return `\`${formatDuration(value as number).replace(/(?<=m)0s$/, '')}\``;
  return `\`${type === 'size' ? sizeText(value as number) : value}\``;
}
