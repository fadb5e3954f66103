/**
 * Handles the signals of the running command: stop, lame duck mode, re-open the log, reload. Signals received during the
 * start are logged at once and handled as soon as the broker runs.
 */
import type { Broker } from '../broker/index.js';
import { type Logger, nowMs } from '../log/index.js';

/** How the lines of the log name the signals. */
const NAMES = {
  SIGINT: 'interrupt',
  SIGTERM: 'terminated',
  SIGHUP: 'hangup',
  SIGUSR1: 'user defined signal 1',
  SIGUSR2: 'user defined signal 2',
} as const;

type HandledSignal = keyof typeof NAMES;

export interface SignalContext {
  /** Rejects when the start fails; the start itself reports that. */
  broker: Promise<Pick<Broker, 'stop' | 'shutdown' | 'lameDuck' | 'isLameDuck' | 'reload' | 'options'>>;
  logger: Pick<Logger, 'write' | 'reopen'>;
  /** Called after each reload, also after one that failed. */
  reloaded(): void;
  /** Called once the broker has stopped. */
  exit(code: number): void;
  /** Where signals come from; replaced in tests. */
  source?: Pick<NodeJS.Process, 'on'>;
}

export function handleSignals(context: SignalContext): void {
  const source = context.source ?? process;
  for (const signal of Object.keys(NAMES) as HandledSignal[]) {
    // Some signals do not exist on every system.
    try {
      source.on(signal, () => void act(signal, context).catch(() => {}));
    } catch {}
  }
}

async function act(signal: HandledSignal, context: SignalContext): Promise<void> {
  const { logger, exit } = context;
  const log = (level: 'INF' | 'ERR', text: string) => logger.write({ level, text, timeMs: nowMs() });
  log('INF', `Trapped ${JSON.stringify(NAMES[signal])} signal`);
  const broker = await context.broker;
  switch (signal) {
    case 'SIGINT':
      await broker.stop();
      exit(0);
      break;
    case 'SIGTERM':
      // Lame duck mode is not cut short: orchestrators send SIGTERM after it.
      if (broker.isLameDuck) break;
      await inTime(broker.shutdown(), broker.options.shutdownGraceMs, log);
      exit(0);
      break;
    case 'SIGUSR2':
      await broker.lameDuck();
      exit(0);
      break;
    case 'SIGUSR1':
      reopenLog(logger, log);
      break;
    case 'SIGHUP':
      await reload(broker, log);
      context.reloaded();
      break;
  }
}

/** Waits for the shutdown, at most for the grace period: after it the container is killed. 0 means no limit. */
async function inTime(
  shutdown: Promise<void>,
  graceMs: number,
  log: (level: 'INF' | 'ERR', text: string) => void,
): Promise<void> {
  if (graceMs === 0) return shutdown;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log('ERR', 'The shutdown_grace is over before everything is closed, exiting');
      resolve();
    }, graceMs);
  });
  await Promise.race([shutdown, over]);
  clearTimeout(timer);
}

async function reload(
  broker: Pick<Broker, 'reload'>,
  log: (level: 'INF' | 'ERR', text: string) => void,
): Promise<void> {
  try {
    await broker.reload();
  } catch (error) {
    const { message, logText = message } = error as Error & { logText?: string };
    log('ERR', `Failed to reload server configuration: ${logText}`);
  }
}

function reopenLog(logger: SignalContext['logger'], log: (level: 'INF' | 'ERR', text: string) => void): void {
  try {
    log('INF', logger.reopen() ? 'File log re-opened' : 'File log re-open ignored, not a file logger');
  } catch (error) {
    log('ERR', `File log not re-opened, going on with the old file: ${(error as Error).message}`);
  }
}
