import { expect, test, vi } from 'vitest';
import { trimMemoryLater } from './memory.js';

const heap = vi.hoisted(() => ({ total: 0, collections: 0 }));
vi.mock('node:v8', () => ({
  getHeapStatistics: () => ({ total_heap_size: heap.total }),
  setFlagsFromString: (flag: string) => {
    if (flag === '--expose-gc') heap.collections++;
  },
}));
vi.mock('node:vm', () => ({ runInNewContext: () => () => {} }));

function collectionsAfterRest(total: number): number {
  Object.assign(heap, { total, collections: 0 });
  vi.useFakeTimers();
  trimMemoryLater();
  vi.advanceTimersByTime(1_500);
  // Another reload: the rest begins again.
  trimMemoryLater();
  vi.advanceTimersByTime(1_500);
  expect(heap.collections).toBe(0);
  vi.runAllTimers();
  vi.useRealTimers();
  return heap.collections;
}

test('garbage is collected when the process has rested, if its heap is large', () => {
  expect(collectionsAfterRest(64e6)).toBe(2);
  expect(collectionsAfterRest(16e6)).toBe(0);
});
