/**
 * Which services of which accounts may be imported, in the words of the reference, and which export answers for each
 * import. Pure functions.
 */

import { importProblem, patternOfNames } from '../mapping-destination.js';
import { hasWildcard, isValidSubject, overlap } from '../subjects.js';
import { quote } from '../text.js';
import {
  Account,
  Accounts,
  type Across,
  cycleProblem,
  namesAcross,
  type Permit,
  permitForEveryone,
  type WrittenExport,
  type WrittenImport,
} from './imports-and-exports.js';
import { type LatencyMeasurement, latencyOf, type ResponseType, responseTypeOf } from './service-exports.js';

/** An import with what its export says about answers. */
export interface ServiceImport {
  account: string;
  subject: string;
  /** Its name in the importing account: wildcards, or `$1`. Absent: the same. */
  to?: string;
  share?: true;
  /** Absent: a single answer. */
  response?: Exclude<ResponseType, 'single'>;
  /** Milliseconds. */
  threshold?: number;
  latency?: LatencyMeasurement;
  allowTrace?: true;
}

interface ServiceExport extends Permit {
  response: ResponseType;
  threshold?: number | undefined;
  latency?: LatencyMeasurement | undefined;
  allowTrace: boolean;
}

/** As resolved options have it. */
interface Resolved extends Across {
  readonly exports?: readonly (WrittenExport & { readonly thresholdMs?: number | undefined })[] | undefined;
}

type Written = Readonly<Record<string, Across>>;

function newExport(): ServiceExport {
  return { ...permitForEveryone(), response: 'single', allowTrace: false };
}

/** A service that an account exports. */
export interface ShownServiceExport {
  subject: string;
  /** Those that may import it; empty: all of them. */
  accounts: string[];
  response: ResponseType;
  latency?: LatencyMeasurement | undefined;
}

/** The services that an account exports; exports of one subject are one. */
export function serviceExportsOf(written: Across): ShownServiceExport[] {
  const account = new Account('', newExport);
  for (const one of written.exports ?? []) addExport(account, one, one.accounts);
  return account.exports.entries().map(([subject, { accounts, response, latency }]) => ({
    subject,
    accounts: [...accounts],
    response,
    ...(latency ? { latency } : {}),
  }));
}

/** The service imports of all accounts that have some. What is wrong is left out. */
export function serviceImportsOf(written: Readonly<Record<string, Resolved>>): ReadonlyMap<string, ServiceImport[]> {
  const accounts = new Accounts(written, newExport);
  const across = accounts.named(namesAcross(written));
  for (const { account } of across) {
    for (const one of written[account.name]?.exports ?? []) {
      const added = addExport(account, one, one.accounts);
      // Zero is none, as in the reference.
      if (added !== undefined) added.threshold = one.thresholdMs || undefined;
    }
  }
  const found = across.map(({ account: { name }, written: { imports = [] } }) => {
    return [name, imports.flatMap((one) => resolvedImport(name, one, accounts) ?? [])] as const;
  });
  return new Map(found.filter(([, imports]) => imports.length > 0));
}

function resolvedImport(
  importer: string,
  { service, to, share }: WrittenImport,
  accounts: Accounts<ServiceExport>,
): ServiceImport | undefined {
  const { account = '', subject = '' } = service ?? {};
  const exported = accounts.get(account)?.exports.letting(importer, subject);
  if (exported === undefined) return undefined;
  const { response, threshold, latency, allowTrace } = exported;
  return {
    account,
    subject,
    ...(to && to !== subject ? { to } : {}),
    ...(share ? { share } : {}),
    ...(response === 'single' ? {} : { response }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(latency ? { latency } : {}),
    ...(allowTrace ? { allowTrace } : {}),
  };
}

/** Exports of one subject add up. Undefined: the position is wrong. */
function addExport(
  { exports }: Account<ServiceExport>,
  { service, response, latency, allowTrace, accountTokenPosition }: WrittenExport,
  accounts: readonly string[] | undefined,
): ServiceExport | undefined {
  if (service === undefined) return undefined;
  const added = exports.add(service, accounts, accountTokenPosition);
  if (added === undefined) return undefined;
  const type = responseTypeOf(response);
  if (type !== 'single') added.response = type;
  added.latency = latencyOf(latency) ?? added.latency;
  added.allowTrace ||= allowTrace === true;
  return added;
}

/** What is wrong with the services that these accounts export and import; `names`: those that do. */
export function serviceProblems(
  written: Written,
  hasSystemAccount = true,
  names: readonly string[] = namesAcross(written),
): string[] {
  const accounts = new Accounts(written, newExport);
  const across = accounts.named(names);
  const ofExports = across.flatMap(({ account, written: { exports = [] } }) =>
    exports.flatMap((one) => exportProblems(account, one, accounts, hasSystemAccount)),
  );
  const ofImports = across.flatMap(({ account, written: { imports = [] } }) =>
    imports.flatMap((one) => problemOfImport(account, one, accounts) ?? []),
  );
  return [...ofExports, ...ofImports];
}

function exportProblems(
  account: Account<ServiceExport>,
  written: WrittenExport,
  all: Accounts<ServiceExport>,
  hasSystemAccount: boolean,
): string[] {
  const { service, accounts = [] } = written;
  if (service === undefined) return [];
  const unknown = accounts.filter((name) => !all.has(name));
  const problems = unknown.map((name) => `${quote(name)} account not defined for service export`);
  const known = accounts.filter((name) => all.has(name));
  const added = addExport(account, written, known);
  if (added === undefined) {
    return [...problems, `Error adding service export ${quote(service)}: sublist: invalid subject`];
  }
  const latency = latencyOf(written.latency);
  if (latency === undefined) return problems;
  const failure = `Error adding service latency sampling for ${quote(service)}`;
  if (!hasSystemAccount) return [...problems, `${failure}: system account not setup`];
  const problem = latencyProblem(account, added, latency);
  return problem ? [...problems, `${failure} on subject ${quote(latency.subject)}: ${problem}`] : problems;
}

function latencyProblem(
  { exports }: Account<ServiceExport>,
  { response }: ServiceExport,
  { subject }: LatencyMeasurement,
): string | undefined {
  const isFree = isValidSubject(subject) && !hasWildcard(subject) && !exports.cover(subject);
  if (!isFree) return 'invalid publish subject';
  return response === 'single' ? undefined : 'bad service response type';
}

function problemOfImport(
  account: Account<ServiceExport>,
  { service, to: name }: WrittenImport,
  all: Accounts<ServiceExport>,
): string | undefined {
  const { account: exporter, subject } = service ?? {};
  if (!exporter || !subject) return undefined;
  const from = all.get(exporter);
  if (from === undefined) return `${quote(exporter)} account not defined for service import`;
  const to = name || subject;
  const problem = addImport(account, from, subject, to);
  if (problem !== undefined) return `Error adding service import ${quote(subject)}: ${problem}`;
  if (!isRenamedPattern(subject, to) || patternOfNames(subject) === subject) return undefined;
  return `Error setting service import sharing ${quote(subject)}: service import not found`;
}

/** Adds an import, or says why that can't be. */
function addImport(
  account: Account<ServiceExport>,
  from: Account<ServiceExport>,
  subject: string,
  to: string,
): string | undefined {
  if (!isValidSubject(to) || !isValidSubject(subject)) return 'sublist: invalid subject';
  if (from.exports.letting(account.name, subject) === undefined) return 'service import not authorized';
  const cycle = cycleProblem(account, from, hasWildcard(subject) ? patternOfNames(to) : to, onward);
  if (cycle !== undefined) return cycle;
  const same = account.imports.find((known) => known.from === from && known.local === to);
  if (same !== undefined) {
    const known = `account ${quote(from.name)}, subject ${quote(same.subject)}`;
    return `duplicate service import subject ${quote(to)}, previously used in import for ${known}`;
  }
  const renamed = isRenamedPattern(subject, to);
  const there = renamed ? patternOfNames(subject) : subject;
  const problem = renamed ? importProblem(there, to) : placeholderProblem(subject, to);
  if (problem !== undefined) {
    const names = `from ${quote(to)} to ${quote(there)}`;
    return `failed to create mapping transform for service import subject ${names}: ${problem}`;
  }
  account.addImport(from, there, renamed ? patternOfNames(to) : to);
  return undefined;
}

/** Whether names have to tell which of many subjects is meant. */
function isRenamedPattern(subject: string, to: string): boolean {
  return to !== subject && hasWildcard(subject);
}

/** All requests may go to one subject, whatever their names; such names can't say where a wildcard goes. */
function placeholderProblem(subject: string, to: string): string | undefined {
  if (to === subject) return undefined;
  const tokens = to.split('.').map((token) => (token === '*' || token === '>' ? 'any' : token));
  return importProblem(subject, tokens.join('.'));
}

/** The imports of an account for the subjects that others know under this name: as in the reference, not its own names. */
function onward({ imports }: Account<ServiceExport>, subject: string) {
  return imports.filter((known) => overlap(subject, known.subject));
}
