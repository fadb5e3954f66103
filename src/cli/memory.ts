/**
 * Gives memory back that a start or a reload with a large configuration needed.
 *
 * V8 keeps what it once needed, for a program that goes on allocating. A broker does not: its main thread rests. So when
 * that has been the case for a while, garbage is collected. For the command only, whose process is the broker's; the
 * library leaves the process of a program as it is.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Clients of a restarted server are connected again by then. */
const REST_MS = 2_000;
/**
 * V8 gives the memory for young objects back where little was allocated between two collections that are five seconds
 * apart. The second one also moves together what the first one has left in many places.
 */
const BETWEEN_MS = 6_000;
/** A heap of at most this size is left alone; a start without accounts needs a third of it. */
const LARGE_BYTES = 32 * 1024 * 1024;

let waiting: NodeJS.Timeout | undefined;

/** Collects garbage, twice, once the process has rested, if its heap is large by then. */
export function trimMemoryLater(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (getHeapStatistics().total_heap_size <= LARGE_BYTES) return;
    collectGarbage();
    waiting = setTimeout(collectGarbage, BETWEEN_MS).unref();
  }, REST_MS).unref();
}

/** Collects all garbage there is. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  setFlagsFromString('--no-expose-gc');
}
