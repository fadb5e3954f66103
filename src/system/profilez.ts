/** Profiles of the process by request; what makes them is loaded then. */
import { goDuration } from '../http/go-format.js';

/** Nanoseconds. */
const DURATION_MAX = 15_000_000_000;

interface Profile {
  /** In base64. */
  profile: string | null;
  error?: string;
}

export async function profilez(name: string, durationNs: number): Promise<Profile> {
  try {
    return { profile: (await take(name, durationNs)).toString('base64') };
  } catch (error) {
    return { profile: null, error: (error as Error).message };
  }
}

/** Throws an error that says why there is none. */
async function take(name: string, durationNs: number): Promise<Buffer> {
  switch (name) {
    case '':
      throw new Error('Profile name not specified');
    case 'cpu':
      return cpu(durationNs);
    case 'heap':
    case 'allocs':
      return heap();
    default:
      throw new Error(`Profile ${JSON.stringify(name)} not found`);
  }
}

async function cpu(durationNs: number): Promise<Buffer> {
  if (durationNs <= 0 || durationNs > DURATION_MAX) {
    throw new Error(`Duration ${goDuration(durationNs)} should be between 0s and 15s`);
  }
  const { cpuProfile } = await import('../profile/cpu.js');
  try {
    return await cpuProfile(durationNs / 1e9, new AbortController().signal);
  } catch (error) {
    throw new Error(`Failed to start CPU profile: ${(error as Error).message}`);
  }
}

/** JavaScript's part is sampled from now on; without a profiling port nothing was before. */
async function heap(): Promise<Buffer> {
  const { acquireHeapSampling, heapProfile, releaseHeapSampling } = await import('../profile/heap.js');
  await acquireHeapSampling();
  try {
    return await heapProfile(false);
  } finally {
    releaseHeapSampling();
  }
}
