/** Which streams of which accounts may be imported, in the words of the reference. Pure functions. */

import { importProblem, patternOfNames } from '../mapping-destination.js';
import { overlap } from '../subjects.js';
import { quote } from '../text.js';
import {
  type Account,
  Accounts,
  type Across,
  cycleProblem,
  namesAcross,
  type Permit,
  permitForEveryone,
  type WrittenExport,
  type WrittenImport,
} from './imports-and-exports.js';

/** A stream import. `to`: other names for its subjects, as a transform's destination, or with the same wildcards. */
export interface StreamImport {
  account: string;
  subject: string;
  to?: string;
  allowTrace?: true;
}

/** The stream imports of an account, in one form. */
export function streamImportsOf({ imports = [] }: Across): StreamImport[] {
  return imports.flatMap(({ stream, prefix, to, allowTrace }) => {
    const { account, subject } = stream ?? {};
    if (!account || !subject) return [];
    const name = prefix ? `${prefix}${prefix.endsWith('.') ? '' : '.'}${subject}` : to;
    const renamed = name && name !== subject ? { to: name } : {};
    return [{ account, subject, ...renamed, ...(allowTrace ? { allowTrace } : {}) }];
  });
}

/** What is wrong with the streams that these accounts export and import; `names`: those that do. */
export function streamProblems(written: Readonly<Record<string, Across>>, names = namesAcross(written)): string[] {
  const accounts = new Accounts(written, permitForEveryone);
  const across = accounts.named(names);
  const ofExports = across.flatMap(({ account, written: { exports = [] } }) =>
    exports.flatMap((one) => exportProblems(account, one, accounts)),
  );
  const ofImports = across.flatMap(({ account, written: { imports = [] } }) =>
    imports.flatMap((one) => problemOfImport(account, one, accounts) ?? []),
  );
  return [...ofExports, ...ofImports];
}

function exportProblems(account: Account<Permit>, written: WrittenExport, all: Accounts<Permit>): string[] {
  const { stream, accounts = [], accountTokenPosition } = written;
  if (stream === undefined) return [];
  const unknown = accounts.filter((name) => !all.has(name));
  const problems = unknown.map((name) => `${quote(name)} account not defined for stream export`);
  const known = accounts.filter((name) => all.has(name));
  if (account.exports.add(stream, known, accountTokenPosition) !== undefined) return problems;
  return [...problems, `Error adding stream export ${quote(stream)}: sublist: invalid subject`];
}

function problemOfImport(account: Account<Permit>, written: WrittenImport, all: Accounts<Permit>): string | undefined {
  const [found] = streamImportsOf({ imports: [written] });
  if (found === undefined) return undefined;
  const from = all.get(found.account);
  if (from === undefined) return `${quote(found.account)} account not defined for stream import`;
  const problem = addImport(account, from, found, written.prefix);
  return problem && `Error adding stream import ${quote(found.subject)}: ${problem}`;
}

/** Adds an import, or says why that can't be. */
function addImport(
  account: Account<Permit>,
  from: Account<Permit>,
  { subject, to = subject }: StreamImport,
  prefix = '',
): string | undefined {
  if (from.exports.letting(account.name, subject) === undefined) return 'stream import not authorized';
  if (prefix.split('.').some((token) => token === '*' || token === '>')) {
    return 'stream import prefix can not contain wildcard tokens';
  }
  const cycle = cycleProblem(account, from, to, onward) ?? cycleProblem(account, from, subject, onward);
  if (cycle !== undefined) return cycle;
  const problem = to === subject ? undefined : importProblem(subject, to);
  if (problem !== undefined) {
    const names = `from ${quote(subject)} to ${quote(to)}`;
    return `failed to create mapping transform for stream import subject ${names}: ${problem}`;
  }
  if (account.imports.some((known) => known.from === from && known.subject === subject)) {
    return 'stream import already exists';
  }
  account.addImport(from, subject, patternOfNames(to));
  return undefined;
}

/** Whether what an account exports under this subject comes from others. */
function onward({ exports, imports }: Account<Permit>, subject: string) {
  return exports.cover(subject) ? imports.filter(({ local }) => overlap(subject, local)) : [];
}
