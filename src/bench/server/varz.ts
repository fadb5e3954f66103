/**
 * The server's cost as its monitoring port tells it: resident memory and a percentage of CPU, asked for while it works.
 *
 * A percentage of the last moments is worth little on short runs; below `MEANINGFUL_S` the CPU is left out.
 */
const MEANINGFUL_S = 3;
const EVERY_MS = 500;
const TIMEOUT_MS = 2000;

export interface VarzCost {
  peakRssBytes: number | null;
  /** Mean percentage of one core; null when the run was too short. */
  cpuPercent: number | null;
}

export interface VarzWatch {
  stop(seconds: number): VarzCost;
}

export function watchVarz(url: string): VarzWatch {
  const memory: number[] = [];
  const cpu: number[] = [];
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/varz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const varz = (await response.json()) as { mem?: number; cpu?: number };
      if (typeof varz.mem === 'number') memory.push(varz.mem);
      if (typeof varz.cpu === 'number') cpu.push(varz.cpu);
    } catch {
      // An unreachable monitoring port shows as a cost that is not measured.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(ask, EVERY_MS);
  void ask();
  return {
    stop(seconds) {
      clearInterval(timer);
      // The first answer is about the time before the run.
      const during = cpu.slice(1);
      const meaningful = seconds >= MEANINGFUL_S && during.length > 0;
      return {
        peakRssBytes: memory.length > 0 ? Math.max(...memory) : null,
        cpuPercent: meaningful ? during.reduce((sum, value) => sum + value, 0) / during.length : null,
      };
    },
  };
}
