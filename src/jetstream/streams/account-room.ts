/** Whether a server on its own can promise an account what it may use. Pure functions. */
import { apiError } from '../errors/api-error.js';
import type { AccountLimits } from '../messages/account-info.js';
import type { Room } from './surroundings.js';

/** By tier, as in `Surroundings`. */
type Limits = ReadonlyMap<string, AccountLimits>;

/**
 * Before JetStream is switched on for an account: its limits have to fit beside what streams have reserved, and beside the
 * limits of the other accounts. Throws an `ApiError`.
 */
export function checkAccountRoom(limits: Limits, others: readonly Limits[], memory: Room, file: Room): void {
  const [ownMemory, ownFile] = [limitOf(limits, 'max_memory'), limitOf(limits, 'max_storage')];
  checkFits(ownMemory, memory.reserved, memory, 'memoryResourcesExceeded');
  checkFits(ownFile, file.reserved, file, 'storageResourcesExceeded');
  const promised = (name: Sized) => others.reduce((sum, other) => sum + limitOf(other, name), 0n);
  checkFits(ownMemory, promised('max_memory'), memory, 'memoryResourcesExceeded');
  checkFits(ownFile, promised('max_storage'), file, 'storageResourcesExceeded');
}

type Sized = 'max_memory' | 'max_storage';

/** Of all tiers together; what is unlimited is promised nothing. */
function limitOf(limits: Limits, name: Sized): bigint {
  return [...limits.values()].reduce((sum, tier) => sum + (tier[name] > 0n ? tier[name] : 0n), 0n);
}

function checkFits(
  own: bigint,
  taken: bigint,
  { max }: Room,
  error: 'memoryResourcesExceeded' | 'storageResourcesExceeded',
): void {
  if (taken + own > max) throw apiError(error);
}
