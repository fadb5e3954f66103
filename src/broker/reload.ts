/**
 * A reload: puts other options into force for a running broker.
 *
 * Every step that can fail comes before anything changes: reading and checking the options, refusing changes that need a
 * restart, opening another log file, compiling the plan. Then the data plane gets the plan, the changes are logged, and
 * pid and ports files are written. The last log line follows when every connection uses the new plan. Which options may
 * be reloaded is in the option table; how the data plane applies a plan is in native/broker/src/reload.rs.
 */
import {
  type BrokerOptions,
  configure,
  difference,
  nameOf,
  type ResolvedOptions,
  settingsOf,
  trustedProxies,
  usersOfAccounts,
} from '../config/index.js';
import { nowMs, type PreparedChange } from '../log/index.js';
import type { StartedReload } from '../native/contract.js';
import { type Authenticate, withAuthentication } from './authenticate.js';
import { BrokerError, NotReloadableError } from './errors.js';
import { removePortsFile, rewritePidFile, writePortsFile } from './files.js';
import { logOptions } from './log-options.js';
import type { BrokerParts, Configuration } from './parts.js';
import { compilePlan } from './plan.js';
import { clientListener, openPorts } from './ports.js';

export interface ReloadContext {
  parts: BrokerParts;
  /** The options in force. */
  current: ResolvedOptions;
  /** The new options as given; the file they name is not read yet. */
  written: BrokerOptions;
  /** The function that has decided who may connect. */
  before: Authenticate | undefined;
  /** The one that is given beside the new options. */
  given: Authenticate | undefined;
  /** Replaces the broker's configuration. */
  putIntoForce(configuration: Configuration): void;
  /** Settles once every connection follows the plan that the data plane gave this number. */
  applied(number: number): Promise<void>;
}

/** Throws a `ConfigError`, an `OptionsError`, a `LogFileError` or a `BrokerError`; then nothing has changed. */
export async function reload(context: ReloadContext): Promise<void> {
  const { parts, current, written, given, before, putIntoForce, applied } = context;
  const { log, runtime, started, identity } = parts;
  const configured = configure(written);
  const { cautions, digest = '' } = configured;
  const { options, authenticate } = await withAuthentication(configured, given);
  const lines = [
    ...changes(current, options, clientListener(started).port),
    ...proxyLines(current, options),
    ...moduleLines(current, options, authenticate !== before),
  ];
  const logging = log.prepare(logOptions(options));
  const reloading = sendPlan(() => {
    const plan = compilePlan(options, identity, authenticate !== undefined);
    return runtime.addon.reloadBroker(runtime.handle, started.broker, plan);
  }, logging);
  // From here on nothing fails.
  putIntoForce({ options, written, given, authenticate, loadMs: nowMs(), digest });
  if (reloading.closing > 0) log.info(`Closed ${reloading.closing} connections to fall within max_connections`);
  for (const line of lines) log.info(line);
  rewriteFiles(parts, current, options);
  logging.commit();
  for (const caution of cautions) log.write('WRN', caution);
  await applied(reloading.number);
  log.info(`Reloaded server configuration ${digest && `(${digest})`}`.trim());
}

/** The log lines of all changes. Throws for the first one that needs a restart. */
function changes(before: ResolvedOptions, after: ResolvedOptions, port: number): string[] {
  const [old, next] = [settingsOf(before, { port }), settingsOf(after, { port })];
  const { restart, reload, partly } = difference(old, next);
  for (const { name, before: was, after: is } of restart) {
    // `no_auth_user` may be removed together with the user it names.
    const gone = before.authorization.noAuthUser;
    const follows = name === 'no_auth_user' && after.authorization.noAuthUser === undefined;
    const users = [...after.authorization.users, ...usersOfAccounts(after.accounts)];
    if (follows && !users.some((user) => nameOf(user) === gone)) continue;
    throw new NotReloadableError(was?.field ?? is?.field ?? name, was?.shown ?? '', is?.shown ?? '');
  }
  const changed = new Set([...reload, ...partly].map(({ name }) => name));
  return next.filter(({ name, always, line }) => line !== '' && (always || changed.has(name))).map(({ line }) => line);
}

/** What the reference says about proxies: which keys are gone, and which are new. */
function proxyLines(before: ResolvedOptions, after: ResolvedOptions): string[] {
  const [old, next] = [trustedProxies(before), trustedProxies(after)];
  const line = (keys: readonly string[], what: string) =>
    keys.length === 0
      ? []
      : [`Reloaded: proxies trusted keys [${keys.map((key) => `"${key}"`).join(' ')}] were ${what}`];
  return [
    ...line(
      old.filter((key) => !next.includes(key)),
      'removed',
    ),
    ...line(
      next.filter((key) => !old.includes(key)),
      'added',
    ),
  ];
}

/** A module under the same path may have another function. */
function moduleLines(before: ResolvedOptions, { authModule }: ResolvedOptions, isAnother: boolean): string[] {
  const isSamePath = authModule !== undefined && authModule === before.authModule;
  return isSamePath && isAnother ? [`Reloaded: auth_module = ${authModule}`] : [];
}

/** Takes the prepared log back when the data plane refuses the plan. */
function sendPlan(send: () => StartedReload, logging: PreparedChange): StartedReload {
  try {
    return send();
  } catch (error) {
    logging.cancel();
    if ((error as { code?: string }).code !== 'INVALID_PLAN') throw error;
    throw new BrokerError('INVALID_PLAN', `the options can't be used: ${(error as Error).message}`, undefined, error);
  }
}

/** Writes the pid and ports files where the new options want them. */
function rewriteFiles(parts: BrokerParts, before: ResolvedOptions, options: ResolvedOptions): void {
  const { started, http, log } = parts;
  const problems: (string | undefined)[] = [];
  if (options.pidFile && options.pidFile !== before.pidFile) problems.push(rewritePidFile(options.pidFile));
  if (options.portsFileDir !== before.portsFileDir) {
    if (before.portsFileDir) problems.push(removePortsFile(before.portsFileDir));
    if (options.portsFileDir) problems.push(writePortsFile(options.portsFileDir, openPorts(options, started, http)));
  }
  for (const problem of problems) if (problem) log.write('ERR', problem);
}
