/** Describes the machine of the measurement. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { BenchMeta } from '../types.js';

export function machine(): BenchMeta['machine'] {
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
  };
}
