/**
 * What exports and imports of streams and of services have in common: how they are written, who may import what, and
 * imports that form a cycle. Judges as the reference; says nothing itself. Pure.
 */

import { isSubset, isValidSubject } from '../subjects.js';

/** How many accounts in a row are looked at in search of a cycle. */
const CYCLE_SEARCH_DEPTH = 1024;

/** An export as a file or the library says it. */
export interface WrittenExport {
  readonly stream?: string | undefined;
  readonly service?: string | undefined;
  readonly accounts?: readonly string[] | undefined;
  readonly accountTokenPosition?: number | undefined;
  readonly response?: string | undefined;
  readonly latency?: string | { readonly subject?: string | undefined } | undefined;
  readonly allowTrace?: boolean | undefined;
}

interface Origin {
  readonly account?: string | undefined;
  readonly subject?: string | undefined;
}

/** An import as a file or the library says it. */
export interface WrittenImport {
  readonly stream?: Origin | undefined;
  readonly service?: Origin | undefined;
  readonly prefix?: string | undefined;
  readonly to?: string | undefined;
  readonly share?: boolean | undefined;
  readonly allowTrace?: boolean | undefined;
}

/** What an account says about others. */
export interface Across {
  readonly exports?: readonly WrittenExport[] | undefined;
  readonly imports?: readonly WrittenImport[] | undefined;
}

/** Who may import the subject of an export: everyone, unless there is a position or a list. */
export interface Permit {
  readonly accounts: Set<string>;
  position: number;
}

export function permitForEveryone(): Permit {
  return { accounts: new Set(), position: 0 };
}

/** The exports of one kind that an account has. */
export class Exports<E extends Permit> {
  readonly #bySubject = new Map<string, E>();

  constructor(private readonly create: () => E) {}

  /** Exports of one subject add up. Undefined: the position is not that of a `*`. */
  add(subject: string, accounts: readonly string[] = [], position = 0): E | undefined {
    if (position !== 0 && subject.split('.')[position - 1] !== '*') return undefined;
    const known = this.#bySubject.get(subject) ?? this.create();
    for (const name of accounts) known.accounts.add(name);
    if (accounts.length > 0 || position > 0) known.position = position;
    this.#bySubject.set(subject, known);
    return known;
  }

  /** The export that lets an account import a subject: that of the same subject, or the first that covers it. */
  letting(importer: string, subject: string): E | undefined {
    if (!isValidSubject(subject)) return undefined;
    const same = this.#bySubject.get(subject);
    // A position asks for the name of the importer, which is not where the export has a wildcard.
    if (same !== undefined) return same.position === 0 && isFor(same, importer) ? same : undefined;
    const tokens = subject.split('.');
    for (const [exported, permit] of this.#bySubject) {
      if (!isSubset(subject, exported)) continue;
      if (permit.position > 0 ? tokens[permit.position - 1] === importer : isFor(permit, importer)) return permit;
    }
    return undefined;
  }

  /** All of them, with their subjects, in the order of the file. */
  entries(): [subject: string, found: E][] {
    return [...this.#bySubject];
  }

  cover(subject: string): boolean {
    if (this.#bySubject.has(subject)) return true;
    return [...this.#bySubject.keys()].some((exported) => isSubset(subject, exported));
  }
}

function isFor({ accounts }: Permit, importer: string): boolean {
  return accounts.size === 0 || accounts.has(importer);
}

/** An import that is right. `local`: the pattern of its names in the importing account. */
export interface Imported<E extends Permit> {
  readonly from: Account<E>;
  readonly subject: string;
  readonly local: string;
}

/** An account with its exports of one kind, and its imports as far as they have been judged. */
export class Account<E extends Permit> {
  readonly exports: Exports<E>;
  readonly #imports: Imported<E>[] = [];

  constructor(
    readonly name: string,
    create: () => E,
  ) {
    this.exports = new Exports(create);
  }

  get imports(): readonly Imported<E>[] {
    return this.#imports;
  }

  addImport(from: Account<E>, subject: string, local: string): void {
    this.#imports.push({ from, subject, local });
  }
}

/** The accounts of a configuration by name. One that neither exports nor imports is made when it is asked for. */
export class Accounts<E extends Permit> {
  readonly #written: Readonly<Record<string, Across>>;
  readonly #create: () => E;
  readonly #made = new Map<string, Account<E>>();

  constructor(written: Readonly<Record<string, Across>>, create: () => E) {
    this.#written = written;
    this.#create = create;
  }

  /** Those of these names, with what is written about them. */
  named(names: readonly string[]): { account: Account<E>; written: Across }[] {
    return names.flatMap((name) => {
      const account = this.get(name);
      return account === undefined ? [] : [{ account, written: this.#written[name] ?? {} }];
    });
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#written, name);
  }

  get(name: string): Account<E> | undefined {
    const known = this.#made.get(name);
    if (known !== undefined || !this.has(name)) return known;
    const account = new Account(name, this.#create);
    this.#made.set(name, account);
    return account;
  }
}

/** Those that export or import, in the order of their names: which import of a cycle is refused depends on it. */
export function namesAcross(written: Readonly<Record<string, Across>>): string[] {
  const names: string[] = [];
  for (const [name, { exports, imports }] of Object.entries(written)) {
    if (exports !== undefined || imports !== undefined) names.push(name);
  }
  return names.sort();
}

/** The imports of an account that a subject may lead on to. */
type Onward<E extends Permit> = (account: Account<E>, subject: string) => readonly Imported<E>[];

/** Whether an import of `importer` from `exporter` leads back to an account on the way, in the words of the reference. */
export function cycleProblem<E extends Permit>(
  importer: Account<E>,
  exporter: Account<E>,
  subject: string,
  onward: Onward<E>,
): string | undefined {
  const visited = new Set([importer.name]);
  const search = (account: Account<E>, wanted: string): string | undefined => {
    if (visited.size >= CYCLE_SEARCH_DEPTH) return 'search cycle depth exhausted';
    for (const { from, local } of onward(account, wanted)) {
      if (visited.has(from.name)) return 'import forms a cycle';
      visited.add(account.name);
      const problem = search(from, isSubset(local, wanted) ? local : wanted);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return search(exporter, subject);
}
