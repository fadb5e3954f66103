/** How the generated files write the default of an option. */

import { formatDuration } from '../../config/duration.js';
import { sizeText } from '../../config/integer.js';
import type { FieldSpec } from '../../config/spec.js';

/** In backticks; empty where there is none. */
export function defaultText({ type, default: value }: FieldSpec): string {
  if (value === undefined || typeof value === 'object') return '';
  if (type.kind === 'duration') return `\`${formatDuration(value as number).replace(/(?<=m)0s$/, '')}\``;
  return `\`${type.kind === 'size' ? sizeText(value as number) : value}\``;
}
