/**
 * A reload: other options for a broker that runs.
 *
 * Everything that can go wrong is over before anything changes: reading and checking the options, the refusal of what
 * needs a restart, opening another log file, compiling the plan. Then the data plane takes the plan, the log tells what
 * is new, files follow, and the end is told when every connection lives by it. What may be reloaded is in the option
 * table; what the data plane makes of a plan is in native/broker/src/reload.rs.
 */
import { type BrokerOptions, configure, difference, type ResolvedOptions, settingsOf } from '../config/index.js';
import { nowMs, type PreparedChange } from '../log/index.js';
import type { StartedReload } from '../native/contract.js';
import type { BrokerParts } from './broker.js';
import { BrokerError, NotReloadableError } from './errors.js';
import { removePortsFile, renewPidFile, writePortsFile } from './files.js';
import { logOptions } from './log-options.js';
import { compilePlan } from './plan.js';
import { openPorts } from './ports.js';

export interface ReloadContext {
  parts: BrokerParts;
  /** The options as they were written, the file they name not read yet. */
  written: BrokerOptions;
  /** Settles once the data plane says that it is done. */
  applied(number: number): Promise<void>;
}

/** Throws a `ConfigError`, an `OptionsError`, a `LogFileError` or a `BrokerError`; then nothing has changed. */
export async function reload({ parts, written, applied }: ReloadContext): Promise<void> {
  const { log, runtime, started, identity } = parts;
  const { options, cautions, digest = '' } = configure(written);
  const before = parts.options;
  const lines = changes(before, options, started.port);
  const logging = log.prepare(logOptions(options));
  const reloading = take(
    () => runtime.addon.reloadBroker(runtime.handle, started.broker, compilePlan(options, identity)),
    logging,
  );
  // From here on nothing fails.
  parts.options = options;
  parts.written = written;
  parts.config = { loadMs: nowMs(), digest };
  if (reloading.closing > 0) log.info(`Closed ${reloading.closing} connections to fall within max_connections`);
  for (const line of lines) log.info(line);
  renewFiles(parts, before);
  logging.commit();
  for (const caution of cautions) log.write('WRN', caution);
  await applied(reloading.number);
  log.info(`Reloaded server configuration ${digest && `(${digest})`}`.trim());
}

/** The lines of all changes. Throws for the first one that needs a restart. */
function changes(before: ResolvedOptions, after: ResolvedOptions, port: number): string[] {
  const [old, next] = [settingsOf(before, { port }), settingsOf(after, { port })];
  const { restart, reload, partly } = difference(old, next);
  for (const { name, before: was, after: is } of restart) {
    // A user that connections become goes with that user.
    const gone = before.authorization.noAuthUser;
    const follows = name === 'no_auth_user' && after.authorization.noAuthUser === undefined;
    if (follows && !after.authorization.users.some(({ user }) => user === gone)) continue;
    throw new NotReloadableError(was?.field ?? is?.field ?? name, was?.shown ?? '', is?.shown ?? '');
  }
  const changed = new Set([...reload, ...partly].map(({ name }) => name));
  return next.filter(({ name, always, line }) => line !== '' && (always || changed.has(name))).map(({ line }) => line);
}

function take(work: () => StartedReload, logging: PreparedChange): StartedReload {
  try {
    return work();
  } catch (error) {
    logging.cancel();
    if ((error as { code?: string }).code !== 'INVALID_PLAN') throw error;
    throw new BrokerError('INVALID_PLAN', `the options can't be used: ${(error as Error).message}`, undefined, error);
  }
}

/** The process id and the ports, where tools look for them from now on. */
function renewFiles({ options, started, monitor, profiler, log }: BrokerParts, before: ResolvedOptions): void {
  const problems: (string | undefined)[] = [];
  if (options.pidFile && options.pidFile !== before.pidFile) problems.push(renewPidFile(options.pidFile));
  if (options.portsFileDir !== before.portsFileDir) {
    if (before.portsFileDir) problems.push(removePortsFile(before.portsFileDir));
    if (options.portsFileDir)
      problems.push(writePortsFile(options.portsFileDir, openPorts(options, started, { monitor, profiler })));
  }
  for (const problem of problems) if (problem) log.write('ERR', problem);
}
