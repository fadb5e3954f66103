/**
 * `/debug/vars`: the command line and the memory of the process, with the field names of Go's runtime that readers of this
 * endpoint expect. Heap numbers are those of the JavaScript heap; `Sys` is all memory of the process, `OtherSys` the part
 * that is neither heap nor stack, with the data plane's buffers. Fields without a counterpart are 0.
 */
import { getHeapStatistics } from 'node:v8';
import { redactArgs } from '../config/index.js';
import type { Answer } from './answer.js';
import { goJson } from './go-format.js';

/** The length of Go's lists of pauses. */
const PAUSES = 256;

export function expvarz(): Answer {
  // Everyone who can reach the monitoring port can read this.
  const cmdline = goJson(redactArgs(process.argv), 0);
  const body = `{\n"cmdline": ${cmdline},\n"memstats": ${goJson(memstats(), 0)}\n}\n`;
  return { status: 200, type: 'application/json; charset=utf-8', anyOrigin: false, body };
}

/** The memory of the process. */
export function memstats(): object {
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
