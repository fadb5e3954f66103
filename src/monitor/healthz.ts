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

export function healthz(context: MonitorContext, query: URLSearchParams): Answer {
  const { source } = context;
  if (boolParam(query, 'js-enabled')) {
    source.warn('Healthcheck: js-enabled deprecated, use js-enabled-only instead');
  }
  // Only checked for errors: without JetStream they have no effect.
  for (const name of ['js-enabled-only', 'js-server-only', 'js-meta-only']) boolParam(query, name);
  const details = boolParam(query, 'details');
  const problem = incompleteQuery(query) ?? (isHealthy(context) ? undefined : NOT_READY);
  if (!problem) return json({ status: 'ok' }, { indent: 0 });
  const { status, type, error } = problem;
  source.warn(`Healthcheck failed: ${details ? '1 errors' : JSON.stringify(error)}`);
  const reason = details ? { errors: [{ type, error }] } : { error };
  return json({ status: 'error', ...reason }, { status, indent: 0 });
}

/** Without JetStream the only check is whether clients can connect. */
export function isHealthy({ source }: MonitorContext): boolean {
  return source.ready;
}

/** A query for a consumer must name its stream, one for a stream its account. */
function incompleteQuery(query: URLSearchParams): Problem | undefined {
  const has = (name: string) => (query.get(name) ?? '') !== '';
  const missing = (what: string, of: string): Problem => ({
    status: 400,
    type: 'BAD_REQUEST',
    error: `"${what}" must not be empty when checking ${of} health`,
  });
  if (has('stream') && !has('account')) return missing('account', 'stream');
  if (has('consumer') && !has('stream')) return missing('stream', 'consumer');
  return undefined;
}
