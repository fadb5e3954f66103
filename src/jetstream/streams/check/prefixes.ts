/** The prefixes under which streams of other accounts and domains are reached. */
import { hasWildcard, isValidSubject, overlap, quote } from '../../../config/index.js';
import { apiError } from '../../errors/api-error.js';
import type { StreamSource } from '../../messages/stream-config.js';
import { type Check, type Context, refuseIf } from './context.js';

const API = '$JS.API';

export const checkPrefixes: Check = (config, context) => {
  const origins = [config.mirror, ...config.sources].filter((source) => source !== undefined);
  const externals = origins.flatMap(({ external }) => external ?? []);
  const subjects = origins.flatMap((source) => subjectsOf(source, context));
  for (const { deliver } of externals) if (deliver !== '') checkDeliver(deliver, subjects);
  for (const { api } of externals) if (api !== '') checkApi(api);
  return config;
};

/** What an origin in this account captures. */
function subjectsOf({ name, external }: StreamSource, { surroundings }: Context): readonly string[] {
  return external === undefined ? (surroundings.streams.find(name)?.subjects ?? []) : [];
}

function checkDeliver(prefix: string, subjects: readonly string[]): void {
  refuseIf(!isLiteral(prefix), apiError('streamInvalidExternalDeliverySubj', { prefix }));
  const hit = subjects.find((subject) => overlap(subject, `${prefix}.${subject}`));
  if (hit !== undefined) throw apiError('streamExternalDelPrefixOverlaps', { prefix, subject: hit });
}

function checkApi(prefix: string): void {
  refuseIf(!isLiteral(prefix), `stream external api prefix ${quote(prefix)} must be a valid subject without wildcards`);
  refuseIf(overlap(prefix, API), apiError('streamExternalApiOverlap', { prefix, subject: API }));
}

function isLiteral(subject: string): boolean {
  return isValidSubject(subject) && !hasWildcard(subject);
}
