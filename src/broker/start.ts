/**
 * The start of a broker, step by step, with the log lines that tools wait for, in their order.
 *
 * The worker threads are asked for first, because they take longest; everything else happens while they come up. A
 * failure at any step undoes the steps before and throws.
 */
import {
  type BrokerOptions,
  configure,
  formatProblem,
  type ResolvedOptions,
  startupWarnings,
} from '../config/index.js';
import { Logger, type LogSink, nowMs } from '../log/index.js';
import type { MonitorServer } from '../monitor/server.js';
import type { MonitorSource } from '../monitor/source.js';
import type { BrokerPlan, StartedBroker } from '../native/contract.js';
import { loadAddon } from '../native/index.js';
import type { ProfileServer } from '../profile/server.js';
import { COMPAT_VERSION, OWN_VERSION, RUNTIME_VERSION } from '../version.js';
import { Runtime } from '../worker/index.js';
import { isWildcard, joinHostPort, nonLocalAddresses } from './address.js';
import { Broker } from './broker.js';
import { BrokerLog } from './broker-log.js';
import { callListener } from './call-listener.js';
import { BrokerError, listenError, listening } from './errors.js';
import { featureFlagLines } from './feature-flags.js';
import { writePidFile, writePortsFile } from './files.js';
import { createIdentity, type Identity } from './identity.js';
import { logOptions, namesDestination } from './log-options.js';
import { monitorSource } from './monitor-source.js';
import { compilePlan } from './plan.js';
import { openPorts } from './ports.js';

/** What the command line knows and a library user does not need. */
export interface StartContext {
  /** Takes the log lines; without one they go to the option `logFile`, or nowhere. */
  sink?: LogSink;
  configFile?: { path: string; digest: string };
  /** The options before the file they name was read: what a reload starts from. */
  written?: BrokerOptions;
  /** What the log has to warn of beside what the options themselves give rise to. */
  warnings?: readonly string[];
  /** A runtime that was acquired before; the broker releases it, also when the start fails. */
  runtime?: Runtime;
}

export function startBroker(written: BrokerOptions): Promise<Broker> {
  const { options, warnings, cautions, digest } = configure(written);
  const path = written.configFile;
  return startResolved(options, {
    written,
    warnings: [...warnings.map(formatProblem), ...cautions],
    ...(path && digest ? { configFile: { path, digest } } : {}),
  });
}

/** The shared runtime on the real data plane; its threads begin to start at once. */
export function acquireRuntime(reactors?: number): Runtime {
  return Runtime.acquire({ addon: loadAddon() }, reactors);
}

export async function startResolved(options: ResolvedOptions, context: StartContext = {}): Promise<Broker> {
  const startMs = nowMs();
  const runtime = context.runtime ?? acquireRuntime(options.reactors);
  let log: BrokerLog | undefined;
  let monitor: MonitorServer | undefined;
  let profiler: ProfileServer | undefined;
  let broker: Broker | undefined;
  try {
    log = new BrokerLog({ own: context.sink ? undefined : ownLog(options), shared: context.sink });
    const identity = createIdentity();
    logStartup(log, options, identity, context);
    profiler = await startProfiling(log, options);
    const { configFile: file } = context;
    if (file) log.info(`Using configuration file: ${file.path} (${file.digest})`);
    if (options.pidFile) writePidFile(options.pidFile);
    const parts = { runtime, log, startMs };
    // Nobody is answered before the listener is bound below: nothing in between waits.
    monitor = await startMonitoring(log, options, () => monitorSource({ ...parts, broker: broker as Broker, started }));
    const started = listen(log, runtime, compilePlan(options, identity));
    const { written } = context;
    const configuration = { options, written, loadMs: startMs, digest: file?.digest ?? '' };
    broker = new Broker({ identity, runtime, started, log, monitor, profiler }, configuration);
    if (options.portsFileDir) {
      const problem = writePortsFile(options.portsFileDir, openPorts(options, started, { monitor, profiler }));
      if (problem) log.write('ERR', problem);
    }
    await runtime.running;
  } catch (error) {
    await (broker ? broker.stop() : undo(runtime, log, [monitor, profiler]));
    throw error;
  }
  log.info('Server is ready');
  // Not before: whoever awaits the start gets its lines too, however long the threads took.
  const ready = broker;
  log.listen((entry) => callListener(() => ready.emit('log', entry)));
  return ready;
}

async function undo(
  runtime: Runtime,
  log: BrokerLog | undefined,
  listeners: (MonitorServer | ProfileServer | undefined)[],
): Promise<void> {
  for (const listener of listeners) await listener?.close();
  await runtime.release();
  log?.close();
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

async function startProfiling(log: BrokerLog, { profPort, host }: ResolvedOptions): Promise<ProfileServer | undefined> {
  if (profPort === 0) return undefined;
  const { ProfileServer } = await import('../profile/server.js');
  const port = Math.max(0, profPort);
  const profiler = await listening({ what: 'profiling port', host, port }, () => ProfileServer.listen(host, port));
  log.info(`profiling port: ${profiler.port}`);
  return profiler;
}

async function startMonitoring(
  log: BrokerLog,
  { http }: ResolvedOptions,
  source: () => MonitorSource,
): Promise<MonitorServer | undefined> {
  if (!http) return undefined;
  const { MonitorServer } = await import('../monitor/server.js');
  const { host, port } = http;
  const monitor = await listening({ what: 'monitoring port', host, port }, () => MonitorServer.listen(http, source));
  log.info(`Starting http monitor on ${joinHostPort(http.host, monitor.port)}`);
  return monitor;
}

function listen(log: BrokerLog, runtime: Runtime, plan: BrokerPlan): StartedBroker {
  let started: StartedBroker;
  try {
    started = runtime.addon.startBroker(runtime.handle, plan);
  } catch (error) {
    if ((error as { code?: string }).code === 'INVALID_PLAN') {
      throw new BrokerError('INVALID_PLAN', `the options can't be used: ${(error as Error).message}`, undefined, error);
    }
    throw listenError(error, { what: 'client port', host: plan.host, port: plan.port });
  }
  if (plan.listen) log.info(`Listening for client connections on ${joinHostPort(plan.host, started.port)}`);
  if (plan.listen && plan.proxyProtocol) log.info('PROXY protocol enabled for client connections');
  if (plan.listen && plan.logDebug) logReachableAddresses(log, plan);
  return started;
}

/** The addresses that a wildcard stands for, unless an advertised one replaces them. */
function logReachableAddresses(log: BrokerLog, { host, info }: BrokerPlan): void {
  if (!isWildcard(host) || info.advertiseHost !== undefined) return;
  log.write('DBG', `Get non local IPs for ${JSON.stringify(host)}`);
  for (const address of nonLocalAddresses()) log.write('DBG', `  ip=${address}`);
}
