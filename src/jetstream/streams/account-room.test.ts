import { expect, test } from 'vitest';
import { NO_LIMITS } from '../messages/account-info.js';
import { errorOf } from '../testing/account.js';
import { checkAccountRoom } from './account-room.js';

const limits = (memory: bigint, file: bigint) =>
  new Map([['', { ...NO_LIMITS, max_memory: memory, max_storage: file }]]);
const room = (max: bigint, reserved = 0n) => ({ max, reserved });

test.each([
  [limits(10n, 10n), [], room(10n), room(10n), undefined],
  [limits(11n, 10n), [], room(10n), room(10n), /^10028/],
  [limits(10n, 11n), [], room(10n), room(10n), /^10047/],
  [limits(10n, 10n), [], room(10n, 1n), room(10n), /^10028/],
  [limits(10n, 10n), [limits(1n, 0n)], room(10n), room(10n), /^10028/],
  [limits(10n, 10n), [limits(-1n, -1n)], room(10n), room(10n), undefined],
  [limits(-1n, -1n), [limits(10n, 10n)], room(10n), room(10n), undefined],
])('LIM-6 what an account is promised (%#)', (own, others, memory, file, error) => {
  const found = errorOf(() => checkAccountRoom(own, others, memory, file));
  if (error === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(error);
});
