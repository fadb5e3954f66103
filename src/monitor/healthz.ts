/** `/healthz`: whether clients can connect, as a status code for probes. */
import { type Answer, json } from '../http/answer.js';
import { boolParam } from './params.js';
import type { MonitorContext } from './source.js';

interface Problem {
  status: number;
  type: 'CONNECTION' | 'BAD_REQUEST';
  error: string;
}

const NOT_READY: Problem = {
  status: 500,
  type: 'CONNECTION',
  error: 'failed to be ready for connections after 1ms: server',
};

export interface HealthzOptions {
  /** `js-enabled`, which is deprecated. */
  jsEnabled: boolean;
  details: boolean;
  account: string;
  stream: string;
  consumer: string;
}

export interface Health {
  status: 'ok' | 'error';
  statusCode: number;
  /** What is wrong; with `details` a list. */
  reason: { error?: string; errors?: { type: string; error: string }[] };
}

export function healthz(context: MonitorContext, query: URLSearchParams): Answer {
  const jsEnabled = boolParam(query, 'js-enabled');
  // Only checked for errors: without JetStream they have no effect.
  for (const name of ['js-enabled-only', 'js-server-only', 'js-meta-only']) boolParam(query, name);
  const details = boolParam(query, 'details');
  const [account, stream, consumer] = NAMES.map((name) => query.get(name) ?? '') as [string, string, string];
  const health = checkHealth(context, { jsEnabled, details, account, stream, consumer });
  return json({ status: health.status, ...health.reason }, { status: health.statusCode, indent: 0 });
}

const NAMES = ['account', 'stream', 'consumer'];

/** What fails is logged. */
export function checkHealth(context: MonitorContext, options: HealthzOptions): Health {
  const { source } = context;
  const { details } = options;
  if (options.jsEnabled) source.warn('Healthcheck: js-enabled deprecated, use js-enabled-only instead');
  const problem = incompleteQuery(options) ?? (isHealthy(context) ? undefined : NOT_READY);
  if (!problem) return { status: 'ok', statusCode: 200, reason: {} };
  const { status, type, error } = problem;
  source.warn(`Healthcheck failed: ${details ? '1 errors' : JSON.stringify(error)}`);
  return { status: 'error', statusCode: status, reason: details ? { errors: [{ type, error }] } : { error } };
}

/** Without JetStream the only check is whether clients can connect. */
export function isHealthy({ source }: MonitorContext): boolean {
  return source.ready;
}

/** A query for a consumer must name its stream, one for a stream its account. */
function incompleteQuery({ account, stream, consumer }: HealthzOptions): Problem | undefined {
  const missing = (what: string, of: string): Problem => ({
    status: 400,
    type: 'BAD_REQUEST',
    error: `"${what}" must not be empty when checking ${of} health`,
  });
  if (stream !== '' && account === '') return missing('account', 'stream');
  if (consumer !== '' && stream === '') return missing('stream', 'consumer');
  return undefined;
}
