/**
 * The start of a broker, step by step, with the log lines that tools wait for, in their order.
 *
 * The listener is opened as early as possible: the data plane serves clients from then on, while monitoring is loaded and
 * the worker threads boot. A failure at any step undoes the steps before and throws.
 */
import {
  type BrokerOptions,
  configure,
  formatProblem,
  type ResolvedOptions,
  startupWarnings,
} from '../config/index.js';
import { Logger, type LogSink, nowMs } from '../log/index.js';
import type { BrokerPlan, ListenerPlan, StartedBroker } from '../native/contract.js';
import { loadAddon } from '../native/index.js';
import { COMPAT_VERSION, OWN_VERSION, RUNTIME_VERSION } from '../version.js';
import { Runtime } from '../worker/index.js';
import { isWildcard, joinHostPort, nonLocalAddresses } from './address.js';
import { type Authenticate, separateAuthenticate, withAuthentication } from './authenticate.js';
import { Broker } from './broker.js';
import { BrokerLog } from './broker-log.js';
import { callListener } from './call-listener.js';
import { BrokerError, listenError } from './errors.js';
import { featureFlagLines } from './feature-flags.js';
import { writePidFile, writePortsFile } from './files.js';
import { HttpListeners } from './http-listeners.js';
import { createIdentity, type Identity } from './identity.js';
import { logOptions, namesDestination } from './log-options.js';
import { monitorSource } from './monitor-source.js';
import type { StartOptions } from './parts.js';
import { compilePlan } from './plan.js';
import { openPorts } from './ports.js';

/** What the command line knows and a library user does not need. */
export interface StartContext {
  /** Takes the log lines; without one they go to the option `logFile`, or nowhere. */
  sink?: LogSink;
  configFile?: { path: string; digest: string };
  /** The options before the file they name was read: what a reload starts from. */
  written?: BrokerOptions;
  /** The function beside them. */
  given?: Authenticate | undefined;
  /** Decides who may connect: that function, or that of `auth_module`. */
  authenticate?: Authenticate | undefined;
  /** What the log has to warn of beside what the options themselves give rise to. */
  warnings?: readonly string[];
  /** There for tests; the broker releases it, also when the start fails. */
  runtime?: Runtime;
}

export async function startBroker(all: StartOptions): Promise<Broker> {
  const { written, given } = separateAuthenticate(all);
  const configured = configure(written);
  const { warnings, cautions, digest } = configured;
  const { options, authenticate } = await withAuthentication(configured, given);
  const path = written.configFile;
  return startResolved(options, {
    written,
    given,
    authenticate,
    warnings: [...warnings.map(formatProblem), ...cautions],
    ...(path && digest ? { configFile: { path, digest } } : {}),
  });
}

export async function startResolved(options: ResolvedOptions, context: StartContext = {}): Promise<Broker> {
  const runtime = context.runtime ?? Runtime.acquire({ addon: loadAddon() }, options.reactors);
  const undo: Undo[] = [() => runtime.release()];
  try {
    const broker = await openBroker(options, context, runtime, undo);
    // Clients are served already; the workers take the event loops over as they boot.
    runtime.bootWorkers();
    return broker;
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** Undoes one step of a start that failed. */
type Undo = () => unknown;

async function openBroker(
  options: ResolvedOptions,
  context: StartContext,
  runtime: Runtime,
  undo: Undo[],
): Promise<Broker> {
  const startMs = nowMs();
  const { configFile: file, written, given, authenticate } = context;
  const log = new BrokerLog({ own: context.sink ? undefined : ownLog(options), shared: context.sink });
  const http = new HttpListeners();
  undo.push(
    () => log.close(),
    () => http.close(),
  );
  const identity = createIdentity();
  logStartup(log, options, identity, context);
  if (options.profPort !== 0) log.info(`profiling port: ${await http.openProfiler(options.host, options.profPort)}`);
  if (file) log.info(`Using configuration file: ${file.path} (${file.digest})`);
  if (options.pidFile) writePidFile(options.pidFile);

  // Nothing that can take long comes before the listener: clients of a restarted server wait for it.
  const plan = compilePlan(options, identity, authenticate !== undefined);
  const started = listen(runtime, plan);
  undo.push(() => stopSilently(runtime, started));
  const configuration = { options, written, given, authenticate, loadMs: startMs, digest: file?.digest ?? '' };
  const parts = { identity, runtime, started, log, http, startMs };
  const broker = new Broker(parts, configuration);

  if (options.http) {
    log.info(
      `Starting http monitor on ${await http.openMonitor(options.http, () => monitorSource({ broker, ...parts }))}`,
    );
  }
  plan.listeners.forEach((listener, at) => {
    const { port } = started.listeners[at] ?? listener;
    logListener(log, plan, { ...listener, port });
  });
  if (options.portsFileDir) {
    const problem = writePortsFile(options.portsFileDir, openPorts(options, started, http));
    if (problem) log.write('ERR', problem);
  }
  log.info('Server is ready');
  // From here on, so that whoever awaits the start gets all lines, those of the start first.
  log.listen((entry) => callListener(() => broker.emit('log', entry)));
  return broker;
}

/** The end of a broker that nobody knows yet: without the log lines of a shutdown. */
async function stopSilently(runtime: Runtime, { broker }: StartedBroker): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    runtime.attach(broker, ({ kind }) => {
      if (kind === 'stopped' || kind === 'fatal') resolve();
    });
  });
  runtime.addon.stopBroker(runtime.handle, broker);
  await stopped;
  runtime.detach(broker);
}

/** Brokers of a library write a log only when told where to. */
function ownLog(options: ResolvedOptions): Logger | undefined {
  const own = logOptions(options);
  return namesDestination(own) ? new Logger(own) : undefined;
}

function logStartup(log: BrokerLog, options: ResolvedOptions, identity: Identity, context: StartContext): void {
  const { warnings = [] } = context;
  log.info('Starting nats-server');
  log.info(`  Version:  ${COMPAT_VERSION}`);
  log.info(`  nats-turbo: ${OWN_VERSION}`);
  log.info('  Git:      [not set]');
  log.write('DBG', `  Go build: ${RUNTIME_VERSION}`);
  log.info(`  Name:     ${options.serverName ?? identity.serverId}`);
  log.info(`  ID:       ${identity.serverId}`);
  for (const line of featureFlagLines(options.featureFlags)) log.info(line);
  for (const warning of [...startupWarnings(options), ...warnings]) log.write('WRN', warning);
}

/** Throws a `BrokerError` when the address can't be bound or the options contradict each other. */
function listen(runtime: Runtime, plan: BrokerPlan): StartedBroker {
  const { host, port } = plan.listeners[0] ?? { host: '', port: 0 };
  try {
    return runtime.addon.startBroker(runtime.handle, plan);
  } catch (error) {
    if ((error as { code?: string }).code === 'INVALID_PLAN') {
      throw new BrokerError('INVALID_PLAN', `the options can't be used: ${(error as Error).message}`, undefined, error);
    }
    throw listenError(error, { what: 'client port', host, port });
  }
}

/** `host` as configured, `port` as bound. */
function logListener(log: BrokerLog, plan: BrokerPlan, { host, port }: ListenerPlan): void {
  log.info(`Listening for client connections on ${joinHostPort(host, port)}`);
  if (plan.proxyProtocol) log.info('PROXY protocol enabled for client connections');
  if (plan.logDebug) logReachableAddresses(log, host, plan);
}

/** The addresses that a wildcard stands for, unless an advertised one replaces them. */
function logReachableAddresses(log: BrokerLog, host: string, { info }: BrokerPlan): void {
  if (!isWildcard(host) || info.advertiseHost !== undefined) return;
  log.write('DBG', `Get non local IPs for ${JSON.stringify(host)}`);
  for (const address of nonLocalAddresses()) log.write('DBG', `  ip=${address}`);
}
