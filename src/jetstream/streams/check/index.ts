/**
 * Whether a stream can have a configuration, and what it becomes with everything filled in. The order of the checks is part
 * of the behaviour: the first problem is the one that is told. Pure functions.
 */

import type { StreamConfig } from '../../messages/stream-config.js';
import { checkStreamBytes } from '../limits.js';
import type { Check, Context } from './context.js';
import { checkCycles } from './cycles.js';
import { checkFeatures } from './features.js';
import { checkMirror } from './mirror.js';
import { checkNumbers } from './numbers.js';
import { checkPrefixes } from './prefixes.js';
import { checkSize } from './size.js';
import { checkSources } from './sources.js';
import { checkSubjects } from './subjects.js';
import { checkTexts } from './texts.js';
import { checkPlacement, checkRepublish, checkSubjectTransform } from './transforms.js';

const CHECKS: readonly Check[] = [
  checkTexts,
  checkSize,
  checkNumbers,
  checkFeatures,
  checkMirror,
  checkSources,
  checkPrefixes,
  checkCycles,
  checkSubjects,
  (config, { surroundings }) => checkStreamBytes(config, surroundings),
  checkSubjectTransform,
  checkRepublish,
  checkPlacement,
];

/** Throws an `ApiError`. */
export function checkStreamConfig(config: StreamConfig, context: Context): StreamConfig {
  return CHECKS.reduce((checked, check) => check(checked, context), config);
}
