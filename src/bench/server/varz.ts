/**
 * The server's cost from its monitoring port: resident memory and CPU usage, polled during the run.
 *
 * The CPU usage is that of the last second, which means little in short runs; below `MEANINGFUL_S` it is omitted.
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

/** What nats-turbo says of its own version; its INFO has only the level of NATS it speaks. */
export async function turboVersion(url: string): Promise<string | undefined> {
  try {
    const { nats_turbo_version: version } = (await ask(url)) as { nats_turbo_version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    // It shows as a cost that is not measured.
    return undefined;
  }
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(`${url.replace(/\/$/, '')}/varz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.json();
}

export function watchVarz(url: string): VarzWatch {
  const memory: number[] = [];
  const cpu: number[] = [];
  let asking = false;
  const look = async () => {
    if (asking) return;
    asking = true;
    try {
      const varz = (await ask(url)) as { mem?: number; cpu?: number };
      if (typeof varz.mem === 'number') memory.push(varz.mem);
      if (typeof varz.cpu === 'number') cpu.push(varz.cpu);
    } catch {
      // An unreachable monitoring port shows as a cost that is not measured.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(look, EVERY_MS);
  void look();
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
