/** What an account exports and imports, as `/accountz` shows it. In the order of the configuration. Pure functions. */
import {
  patternOfNames,
  type ResolvedOptions,
  serviceExportsOf,
  serviceImportsOf,
  streamImportsOf,
} from '../config/index.js';

type Accounts = NonNullable<ResolvedOptions['accounts']>;

interface ShownLatency {
  sampling: number | 'headers';
  results: string;
}

export interface ShownExport {
  subject: string;
  type: 'stream' | 'service';
  response_type?: string;
  service_latency?: ShownLatency;
  approved_accounts?: string[];
}

export interface ShownImport {
  subject: string;
  account: string;
  /** The same as `local_subject`; services have both. */
  to?: string;
  local_subject: string;
  type: 'stream' | 'service';
  invalid: boolean;
  share: boolean;
  tracking: boolean;
  latency?: ShownLatency;
}

const RESPONSE_TYPES = { single: 'Singleton', stream: 'Streamed', chunked: 'Chunked' } as const;

/** Exports of one subject are one, for all the accounts they name. */
export function shownExports(accounts: Accounts, name: string): ShownExport[] {
  const account = own(accounts, name);
  const services = serviceExportsOf(account).map(({ subject, response, latency, accounts }) => ({
    subject,
    type: 'service' as const,
    response_type: RESPONSE_TYPES[response],
    ...(latency ? { service_latency: shownLatency(latency) } : {}),
    ...approved(accounts),
  }));
  const streams = new Map<string, string[]>();
  for (const { stream, accounts = [] } of account.exports ?? []) {
    if (stream !== undefined) streams.set(stream, [...(streams.get(stream) ?? []), ...accounts]);
  }
  const shown = [...streams].map(([subject, accounts]) => ({
    subject,
    type: 'stream' as const,
    ...approved(accounts),
  }));
  return [...services, ...shown];
}

function approved(accounts: readonly string[]) {
  return accounts.length > 0 ? { approved_accounts: [...new Set(accounts)] } : {};
}

export function shownImports(accounts: Accounts, name: string): ShownImport[] {
  const streams = streamImportsOf(own(accounts, name)).map(({ account, subject, to = subject }) => ({
    subject,
    account,
    local_subject: patternOfNames(to),
    type: 'stream' as const,
    invalid: false,
    share: false,
    tracking: false,
  }));
  return [...streams, ...shownServices(accounts, name)];
}

function shownServices(accounts: Accounts, name: string): ShownImport[] {
  const exporters = own(accounts, name).imports?.map(({ service }) => service?.account) ?? [];
  const concerned = Object.entries(accounts).filter(([other]) => other === name || exporters.includes(other));
  const imports = serviceImportsOf(Object.fromEntries(concerned)).get(name) ?? [];
  return imports.map(({ account, subject, to = subject, share = false, latency }) => ({
    subject,
    account,
    to: patternOfNames(to),
    local_subject: patternOfNames(to),
    type: 'service',
    invalid: false,
    share,
    tracking: false,
    ...(latency ? { latency: shownLatency(latency) } : {}),
  }));
}

function shownLatency({ sampling, subject }: { sampling: number; subject: string }): ShownLatency {
  return { sampling: sampling === 0 ? 'headers' : sampling, results: subject };
}

function own(accounts: Accounts, name: string): Accounts[string] {
  return (Object.hasOwn(accounts, name) && accounts[name]) || {};
}
