/**
 * `/stacksz`: what the threads of the process are doing: the stack of the main thread, what keeps its event loop alive, and
 * where in the kernel each thread waits, as far as the system shows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Answer, text } from '../http/answer.js';
import type { MonitorContext } from './source.js';

const TASKS = '/proc/self/task';

export function stacksz({ source }: MonitorContext): Answer {
  const parts = [mainThread(), resources(), queues(source.queues()), ...threads()];
  // nats-server sends this type, too, although the text is not JSON.
  return { ...text(200, `${parts.join('\n\n')}\n`), type: 'application/json', anyOrigin: true };
}

function mainThread(): string {
  const stack = new Error().stack?.split('\n').slice(1).join('\n') ?? '';
  return `main thread [running]:\n${stack}`;
}

function resources(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return ['event loop waits for:', ...[...counts].map(([kind, count]) => `    ${count} ${kind}`)].join('\n');
}

function queues(list: { name: string; pending: number }[]): string {
  return ['queues between threads:', ...list.map(({ name, pending }) => `    ${pending} in ${name}`)].join('\n');
}

const STATES: Record<string, string> = {
  R: 'running',
  S: 'waiting',
  D: 'waiting for a disk',
  Z: 'ended',
  T: 'stopped',
};

/** From /proc; empty on other systems than Linux. */
function threads(): string[] {
  let ids: string[];
  try {
    ids = readdirSync(TASKS);
  } catch {
    return [];
  }
  return ids.flatMap((id) => {
    try {
      const name = readFileSync(`${TASKS}/${id}/comm`, 'utf8').trim();
      const stat = readFileSync(`${TASKS}/${id}/stat`, 'utf8');
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      const place = readFileSync(`${TASKS}/${id}/wchan`, 'utf8').trim();
      const at = place === '' || place === '0' ? 'in its own code' : `in the kernel: ${place}`;
      return [`thread ${id} (${name}) [${STATES[state] ?? state}]:\n    ${at}`];
    } catch {
      // The thread ended meanwhile.
      return [];
    }
  });
}
