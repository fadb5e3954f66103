/**
 * Which streams of which accounts may be imported: exports and imports of all accounts judged together, in the words of
 * the reference. Pure functions.
 */

import { importProblem, patternOfNames } from '../mapping-destination.js';
import { isSubset, isValidSubject, overlap } from '../subjects.js';
import { quote } from '../text.js';

/** How many accounts in a row are looked at in search of a cycle. */
const CYCLE_SEARCH_DEPTH = 1024;
const CYCLE = 'import forms a cycle';

interface WrittenExport {
  readonly stream?: string | undefined;
  readonly accounts?: readonly string[] | undefined;
  readonly accountTokenPosition?: number | undefined;
}

interface WrittenImport {
  readonly stream?: { readonly account?: string | undefined; readonly subject?: string | undefined } | undefined;
  readonly prefix?: string | undefined;
  readonly to?: string | undefined;
}

/** What an account says about others. */
export interface Across {
  readonly exports?: readonly WrittenExport[] | undefined;
  readonly imports?: readonly WrittenImport[] | undefined;
}

/** A stream import. `to`: other names for its subjects, as a transform's destination, or with the same wildcards. */
export interface StreamImport {
  account: string;
  subject: string;
  to?: string;
}

/** The stream imports of an account, in one form. */
export function streamImportsOf({ imports = [] }: Across): StreamImport[] {
  return imports.flatMap(({ stream, prefix, to }) => {
    const { account, subject } = stream ?? {};
    if (!account || !subject) return [];
    const name = prefix ? `${prefix}${prefix.endsWith('.') ? '' : '.'}${subject}` : to;
    return [{ account, subject, ...(name && name !== subject ? { to: name } : {}) }];
  });
}

/** What is wrong with the exports and imports of these accounts. */
export function importProblems(accounts: Readonly<Record<string, Across>>): string[] {
  const state = new Map(Object.keys(accounts).map((name) => [name, new AccountState(name)]));
  const each = [...state].map(([name, account]) => [account, accounts[name] as Across] as const);
  const ofExports = each.flatMap(([account, { exports = [] }]) =>
    exports.flatMap((written) => exportProblems(account, written, state)),
  );
  const ofImports = each.flatMap(([account, { imports = [] }]) =>
    imports.flatMap((written) => problemOfImport(account, written, state) ?? []),
  );
  return [...ofExports, ...ofImports];
}

type Accounts = ReadonlyMap<string, AccountState>;

/** Who may import the subject of an export: everyone, unless there is a position or a list. */
interface Permit {
  readonly accounts: Set<string>;
  position: number;
}

/** What an account exports, and what it imports as far as that has been judged. */
class AccountState {
  readonly #exports = new Map<string, Permit>();
  readonly #imports: { readonly from: AccountState; readonly subject: string; readonly local: string }[] = [];

  constructor(readonly name: string) {}

  /** Exports of one subject add up. */
  export(subject: string, accounts: readonly string[], position: number): void {
    const permit = this.#exports.get(subject) ?? { accounts: new Set<string>(), position: 0 };
    for (const name of accounts) permit.accounts.add(name);
    if (accounts.length > 0 || position > 0) permit.position = position;
    this.#exports.set(subject, permit);
  }

  /** Whether an account may import a subject. One export that allows it is enough, the same subject's counts alone. */
  lets(importer: string, subject: string): boolean {
    if (!isValidSubject(subject)) return false;
    const same = this.#exports.get(subject);
    // A position asks for the name of the importer, which is not where the export has a wildcard.
    if (same !== undefined) return same.position === 0 && isFor(same, importer);
    const tokens = subject.split('.');
    return [...this.#exports].some(([exported, permit]) => {
      if (!isSubset(subject, exported)) return false;
      return permit.position > 0 ? tokens[permit.position - 1] === importer : isFor(permit, importer);
    });
  }

  imports(from: AccountState, subject: string): boolean {
    return this.#imports.some((known) => known.from === from && known.subject === subject);
  }

  addImport(from: AccountState, subject: string, local: string): void {
    this.#imports.push({ from, subject, local });
  }

  /** Whether what it exports under this subject comes from one of the accounts that have been visited. */
  cycle(subject: string, visited: Set<string>): string | undefined {
    if (visited.size >= CYCLE_SEARCH_DEPTH) return 'search cycle depth exhausted';
    if (![...this.#exports.keys()].some((exported) => isSubset(subject, exported))) return undefined;
    for (const { from, local } of this.#imports) {
      if (!overlap(subject, local)) continue;
      if (visited.has(from.name)) return CYCLE;
      visited.add(this.name);
      const problem = from.cycle(isSubset(local, subject) ? local : subject, visited);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
}

function isFor({ accounts }: Permit, importer: string): boolean {
  return accounts.size === 0 || accounts.has(importer);
}

function exportProblems(account: AccountState, written: WrittenExport, all: Accounts): string[] {
  const { stream, accounts = [], accountTokenPosition: position = 0 } = written;
  if (stream === undefined) return [];
  const unknown = accounts.filter((name) => !all.has(name));
  const problems = unknown.map((name) => `${quote(name)} account not defined for stream export`);
  if (position !== 0 && stream.split('.')[position - 1] !== '*') {
    return [...problems, `Error adding stream export ${quote(stream)}: sublist: invalid subject`];
  }
  account.export(
    stream,
    accounts.filter((name) => all.has(name)),
    position,
  );
  return problems;
}

function problemOfImport(account: AccountState, written: WrittenImport, all: Accounts): string | undefined {
  const [found] = streamImportsOf({ imports: [written] });
  if (found === undefined) return undefined;
  const from = all.get(found.account);
  if (from === undefined) return `${quote(found.account)} account not defined for stream import`;
  const problem = addImport(account, from, found, written.prefix);
  return problem && `Error adding stream import ${quote(found.subject)}: ${problem}`;
}

/** Adds an import, or says why that can't be. */
function addImport(account: AccountState, from: AccountState, found: StreamImport, prefix = ''): string | undefined {
  const { subject, to = subject } = found;
  if (!from.lets(account.name, subject)) return 'stream import not authorized';
  if (prefix.split('.').some((token) => token === '*' || token === '>')) {
    return 'stream import prefix can not contain wildcard tokens';
  }
  const cycle = from.cycle(to, new Set([account.name])) ?? from.cycle(subject, new Set([account.name]));
  if (cycle !== undefined) return cycle;
  const problem = to === subject ? undefined : importProblem(subject, to);
  if (problem !== undefined) {
    const names = `from ${quote(subject)} to ${quote(to)}`;
    return `failed to create mapping transform for stream import subject ${names}: ${problem}`;
  }
  if (account.imports(from, subject)) return 'stream import already exists';
  account.addImport(from, subject, patternOfNames(to));
  return undefined;
}
