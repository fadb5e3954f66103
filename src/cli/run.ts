/** Runs one broker as this process: from options to exit code. */
import { withAuthentication } from '../broker/authenticate.js';
import type { Broker } from '../broker/broker.js';
import type { BrokerError } from '../broker/errors.js';
import { logOptions } from '../broker/log-options.js';
import { startResolved } from '../broker/start.js';
import type { BrokerOptions, Configured } from '../config/index.js';
import { Logger, nowMs } from '../log/index.js';
import { trimMemoryLater } from './memory.js';
import { handleSignals } from './signals.js';

/** Settles once the broker runs or the process is about to end. Throws a `LogFileError` when there is no log. */
export async function run(configured: Configured, written: BrokerOptions): Promise<void> {
  const logger = new Logger(logOptions(configured.options));
  const exit = (code: number): void => {
    logger.close();
    process.exit(code);
  };
  /** Tools look for the last line; the one before says what to do. */
  const fail = (error: Error): void => {
    const { message, logText = message } = error as Partial<BrokerError> & Error;
    if (message !== logText) logger.write({ level: 'ERR', text: message, timeMs: nowMs() });
    logger.write({ level: 'FTL', text: logText, timeMs: nowMs() });
    exit(1);
  };
  let begin: (broker: Promise<Broker>) => void = () => {};
  const starting = new Promise<Broker>((resolve) => {
    begin = resolve;
  });
  // Before the start: a signal that follows "Server is ready" at once must not end the process.
  handleSignals({ broker: starting, logger, exit, reloaded: trimMemoryLater });
  begin(start(configured, written, logger));
  try {
    const broker = await starting;
    broker.on('error', fail);
    trimMemoryLater();
  } catch (error) {
    fail(error as Error);
  }
}

/** A function of its own, so that nothing refers to what the file said once the broker runs. */
async function start(configured: Configured, written: BrokerOptions, logger: Logger): Promise<Broker> {
  const { options, authenticate } = await withAuthentication(configured);
  const { cautions, digest } = configured;
  const path = options.configFile;
  return startResolved(options, {
    sink: logger,
    written,
    authenticate,
    warnings: cautions,
    ...(path && digest ? { configFile: { path, digest } } : {}),
  });
}
