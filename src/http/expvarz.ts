/**
 * `/debug/vars`: the command line and the memory of the process, under the names of Go's runtime, which readers of this
 * endpoint look for. Heap numbers are those of JavaScript's heap; `Sys` is everything the process has from the system,
 * `OtherSys` what of it is neither heap nor stack: the data plane's buffers among it. What has no counterpart is 0.
 */
import { getHeapStatistics } from 'node:v8';
import { redactArgs } from '../config/index.js';
import type { Answer } from './answer.js';
import { goJson } from './go-format.js';

/** The reference tells of so many pauses. */
const PAUSES = 256;

export function expvarz(): Answer {
  // Anyone who reaches the monitoring port reads this.
  const cmdline = goJson(redactArgs(process.argv), 0);
  const body = `{\n"cmdline": ${cmdline},\n"memstats": ${goJson(memstats(), 0)}\n}\n`;
  return { status: 200, type: 'application/json; charset=utf-8', anyOrigin: false, body };
}

function memstats(): object {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  const heap = getHeapStatistics();
  const zeros = () => new Array<number>(PAUSES).fill(0);
  return {
    Alloc: heapUsed,
    TotalAlloc: heapUsed,
    Sys: rss,
    Lookups: 0,
    Mallocs: 0,
    Frees: 0,
    HeapAlloc: heapUsed,
    HeapSys: heapTotal,
    HeapIdle: Math.max(0, heapTotal - heapUsed),
    HeapInuse: heapUsed,
    HeapReleased: Math.max(0, heapTotal - heap.total_physical_size),
    HeapObjects: 0,
    StackInuse: 0,
    StackSys: 0,
    MSpanInuse: 0,
    MSpanSys: 0,
    MCacheInuse: 0,
    MCacheSys: 0,
    BuckHashSys: 0,
    GCSys: 0,
    OtherSys: Math.max(0, rss - heapTotal),
    NextGC: heap.heap_size_limit,
    LastGC: 0,
    PauseTotalNs: 0,
    PauseNs: zeros(),
    PauseEnd: zeros(),
    NumGC: 0,
    NumForcedGC: 0,
    GCCPUFraction: 0,
    EnableGC: true,
    DebugGC: false,
    BySize: [],
  };
}
