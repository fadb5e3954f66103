/** Makes a case that fails smaller: leaves out what it fails without. Many attempts share a server. */
import { localOf } from './generate.js';
import type { Failure } from './play.js';
import type { Account, Case, Export, Import, Lists, Permissions } from './setup.js';
import { covers } from './subjects.js';

/** Plays cases, each for itself. */
type PlayAll = (cases: readonly Case[]) => Promise<(Failure | undefined)[]>;

/** Leaves something out. Does nothing where that is gone already, so changes can follow each other in any order. */
type Change = (one: Case) => Case;

/** Leaves out steps, accounts, imports, exports, mappings and permissions, as long as the case still fails. */
export async function shrink(one: Case, failure: Failure, playAll: PlayAll): Promise<[Case, Failure]> {
  const upTo = { ...one, steps: one.steps.slice(0, failure.step + 1) };
  const changes = changesOf(upTo).filter((change) => isWhole(change(upTo)));
  const alone = await playAll(changes.map((change) => change(upTo)));
  const together = oneAfterTheOther(
    upTo,
    changes.filter((_, at) => alone[at] !== undefined),
  );
  const found = await playAll(together);
  const last = found.findLastIndex((failure) => failure !== undefined);
  if (last < 0) return [upTo, failure];
  return shrink(together[last] as Case, found[last] as Failure, playAll);
}

/** The case after the first change, after the first two, and so on. */
function oneAfterTheOther(one: Case, changes: readonly Change[]): Case[] {
  let now = one;
  return changes.flatMap((change) => {
    const next = change(now);
    if (!isWhole(next)) return [];
    now = next;
    return [next];
  });
}

function changesOf(one: Case): Change[] {
  return [
    ...one.steps.map((step) => (now: Case) => ({ ...now, steps: now.steps.filter((other) => other !== step) })),
    ...one.accounts.flatMap((account, at) => lessOf(account).map((change) => changeAccount(at, change))),
    ...one.clients.flatMap(({ permissions }, at) =>
      lessOfPermissions(permissions).map((less) => changeClient(at, less)),
    ),
  ];
}

function changeAccount(at: number, change: (account: Account) => Account): Change {
  return (now) => ({ ...now, accounts: now.accounts.with(at, change(now.accounts[at] as Account)) });
}

function changeClient(at: number, permissions: Permissions | undefined): Change {
  return (now) => {
    const client = now.clients[at];
    return client ? { ...now, clients: now.clients.with(at, { ...client, permissions }) } : now;
  };
}

function lessOf({ imports, exports, mappings, defaults }: Account): ((account: Account) => Account)[] {
  const less: ((account: Account) => Account)[] = [];
  for (const one of imports) {
    less.push((now) => ({ ...now, imports: now.imports.filter((other) => other !== one) }));
    for (const smaller of without(one, 'to', 'prefix', 'share', 'allowTrace')) {
      less.push((now) => ({ ...now, imports: now.imports.map((other) => (other === one ? smaller : other)) }));
    }
  }
  for (const one of exports) {
    less.push((now) => ({ ...now, exports: now.exports.filter((other) => other !== one) }));
    for (const smaller of without(one, 'only', 'stream', 'allowTrace')) {
      less.push((now) => ({ ...now, exports: now.exports.map((other) => (other === one ? smaller : other)) }));
    }
  }
  for (const one of mappings) less.push((now) => ({ ...now, mappings: now.mappings.filter((other) => other !== one) }));
  for (const permissions of lessOfPermissions(defaults)) less.push((now) => ({ ...now, defaults: permissions }));
  return less;
}

function lessOfPermissions(permissions: Permissions | undefined): (Permissions | undefined)[] {
  if (permissions === undefined) return [];
  const lists = (['publish', 'subscribe'] as const).flatMap((key) => {
    const smaller: Lists[] = permissions[key] ? without(permissions[key], 'allow', 'deny') : [];
    return smaller.map((less) => ({ ...permissions, [key]: less.allow || less.deny ? less : undefined }));
  });
  return [...lists, ...without(permissions, 'publish', 'subscribe', 'responses'), undefined];
}

/** The value without one of these fields, each in turn. */
function without<T extends object>(value: T, ...keys: (keyof T)[]): T[] {
  return keys.filter((key) => value[key]).map((key) => ({ ...value, [key]: undefined }));
}

/**
 * Whether a server takes the configuration, and nothing in it depends on chance: everything that is imported is exported,
 * and nothing is imported twice under one name.
 */
function isWhole({ accounts }: Case): boolean {
  return accounts.every(({ imports }) => {
    const isExported = imports.every(({ from, kind, subject }) => {
      const exports = accounts[from]?.exports.filter((one) => one.kind === kind) ?? [];
      return exports.some((one) => (kind === 'stream' ? covers(one.subject, subject) : isOf(one, subject)));
    });
    return isExported && new Set(imports.map(keyOf)).size === imports.length;
  });
}

/** Whether a service is the one that is imported. */
function isOf(exported: Export, imported: string): boolean {
  return exported.position === undefined ? exported.subject === imported : imported.includes('@');
}

/** What two imports of an account may not have in common. */
function keyOf(one: Import): string {
  return [one.kind, one.from, one.kind === 'service' ? localOf(one) : one.subject].join(' ');
}
