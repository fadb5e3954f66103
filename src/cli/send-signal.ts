/**
 * `--signal command[=pid]`: sends a signal to a running broker. Loaded only for this flag.
 *
 * The target is a process id, the path of a pid file, a pattern such as `12*`, or, when omitted, the only running broker.
 * The target is checked before the command.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemText } from '../system-text.js';

const PROCESS_NAME = 'nats-turbo';

const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  stop: 'SIGKILL',
  quit: 'SIGINT',
  term: 'SIGTERM',
  reopen: 'SIGUSR1',
  reload: 'SIGHUP',
  ldm: 'SIGUSR2',
};

/** The signal can't be sent; the message is what the user sees. */
export class SignalError extends Error {
  override readonly name = 'SignalError';
}

/** The functions of the system; replaced in tests. */
export interface SignalDeps {
  kill(pid: number, signal: NodeJS.Signals): void;
  /** The output of the process search; throws when there is no such tool. */
  findProcesses(name: string): string;
  /** Undefined when there is no such file. */
  readFile(path: string): string | undefined;
  ownPid: number;
}

/** `target` is a process id, the path of a pid file or a pattern; absent: the only broker that runs. */
export function sendSignal(command: string, target = '', deps: SignalDeps = system): void {
  const pids = choosePids(pidExpression(target, deps), deps);
  const signal = Object.hasOwn(SIGNALS, command) ? SIGNALS[command] : undefined;
  if (!signal) throw new SignalError(`unknown signal ${JSON.stringify(command)}`);
  const failures = pids.flatMap((pid) => trySend(pid, signal, command, deps));
  if (failures.length > 0) throw new SignalError(failures.join(''));
}

/** A path of a pid file becomes its content. */
function pidExpression(target: string, deps: SignalDeps): string {
  if (target === '' || /^\d+\*?$/.test(target) || target === '*') return target;
  return deps.readFile(target)?.trim() ?? target;
}

function choosePids(expression: string, deps: SignalDeps): number[] {
  const isPattern = expression.endsWith('*');
  const prefix = isPattern ? expression.slice(0, -1) : expression;
  // A number below one would mean a group of processes, or all of them.
  if (prefix !== '' && !/^\+?0*[1-9]\d*$/.test(prefix)) throw new SignalError(`invalid pid: ${prefix}`);
  if (prefix !== '' && !isPattern) return [Number(prefix)];
  const running = runningPids(deps);
  if (running.length > 1 && !isPattern) {
    throw new SignalError(`multiple ${PROCESS_NAME} processes running:\n${running.join('\n')}`);
  }
  if (running.length === 0) throw new SignalError(`no ${PROCESS_NAME} processes running`);
  return running.filter((pid) => String(pid).startsWith(prefix));
}

function runningPids(deps: SignalDeps): number[] {
  let output: string;
  try {
    output = deps.findProcesses(PROCESS_NAME);
  } catch {
    throw new SignalError('unable to resolve pid, try providing one');
  }
  const pids = output.split('\n').filter((line) => line !== '');
  return pids.map(Number).filter((pid) => pid !== deps.ownPid);
}

function trySend(pid: number, signal: NodeJS.Signals, command: string, deps: SignalDeps): string[] {
  try {
    deps.kill(pid, signal);
    return [];
  } catch (error) {
    return [`\nsignal ${JSON.stringify(command)} ${pid}: ${systemText(error)}`];
  }
}

const system: SignalDeps = {
  kill: (pid, signal) => process.kill(pid, signal),
  findProcesses(name) {
    try {
      return execFileSync('pgrep', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch (error) {
      // Status 1 is the tool's way to say that it found nothing.
      if ((error as { status?: number }).status === 1) return '';
      throw error;
    }
  },
  readFile(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  ownPid: process.pid,
};
