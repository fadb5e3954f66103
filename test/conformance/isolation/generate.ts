/**
 * Random cases. There are few subjects, and they are short: collisions are the rule. What nats-server does by chance, or
 * otherwise on purpose (docs/differences.md), is left out where it is made.
 */
import { Random } from '../../support/random.js';
import type {
  Account,
  Case,
  Client,
  Export,
  Headers,
  Import,
  Kind,
  Lists,
  Mapping,
  Permissions,
  Step,
} from './setup.js';
import { covers, matches, patternOf } from './subjects.js';

const LITERALS = ['a', 'b', 'c', 'a.a', 'a.b', 'b.a', 'b.c', 'a.b.c', 'b.a.b', 'p.@0', 'p.@1', 'p.@2'];
const PATTERNS = [
  ...['a', 'b', 'c', 'a.b', 'b.a', 'a.b.c', '*', 'a.*', 'b.*', '*.b', '*.*', '*.*.*', 'a.>', 'b.>', 'c.>', 'p.>', '>'],
  ...['p.@0', 'p.@1', 'p.*', '*.b.>', '_R_.>'],
];
/** Services never match subjects of answers and traces. */
const EXPORTED: Record<Kind, string[]> = {
  stream: ['a', 'b', 'a.b', 'a.*', 'b.*', '*.b', '*.*', 'a.>', 'b.>', '>'],
  service: ['a', 'b', 'a.b', 'a.*', 'b.*', 'a.>', 'b.>', 'b.*.*'],
};
/** What may be exported to make these importable. */
const WIDER: Record<string, string[]> = { 'a.b': ['a.*', 'a.>'], 'a.*': ['a.>'], 'b.*': ['b.>'] };
/** Entries that allow are such that a wildcard subscription is allowed as a whole, or not at all. */
const ALLOWED = ['a', 'b', 'a.b', 'a.>', 'b.>', 'c.>', 'p.>', '>'];
/** No two of them match the same subject. */
const MAPPINGS: [source: string, names: string[]][] = [
  ['a', ['b', 'a.b', 'c']],
  ['b', ['a', 'b.c']],
  ['a.*', ['b.$1', 'a.b.$1', 'c.a']],
  ['b.>', ['a.>', 'c.>']],
];
const QUEUES = ['q', 'v'];

export function generate(seed: number): Case {
  const random = new Random(seed);
  const accounts: Account[] = Array.from({ length: 2 + random.below(3) }, () => ({
    exports: [],
    imports: [],
    mappings: random.chance(25) ? mappings(random) : [],
    defaults: random.chance(15) ? permissions(random) : undefined,
  }));
  // From the last to the first: an account imports from those behind it only, so there is no cycle.
  for (let at = accounts.length - 2; at >= 0; at -= 1) addImports(random, accounts, at);
  letIn(random, accounts);
  const clients = accounts.flatMap((_, account) =>
    Array.from({ length: 1 + random.below(2) }, () => client(random, account)),
  );
  return { accounts, clients, steps: steps(random, clients.length) };
}

function client(random: Random, account: number): Client {
  return {
    account,
    permissions: random.chance(35) ? permissions(random) : undefined,
    noResponders: random.chance(70),
    echo: random.chance(80),
  };
}

function mappings(random: Random): Mapping[] {
  const chosen = MAPPINGS.filter(() => random.chance(40));
  return chosen.map(([source, names]) => {
    const to = [random.pick(names), random.pick(names)];
    return { source, to: random.chance(25) && to[0] !== to[1] ? to : to.slice(1) };
  });
}

function permissions(random: Random): Permissions {
  return {
    publish: random.chance(60) ? lists(random, ['_R_.>']) : undefined,
    subscribe: random.chance(60) ? lists(random, ['inbox.>'], QUEUES) : undefined,
    responses: random.chance(40) ? 1 + random.below(2) : undefined,
  };
}

function lists(random: Random, usual: string[], queues: string[] = []): Lists {
  const some = (pool: readonly string[], most: number) => {
    const entries = Array.from({ length: 1 + random.below(most) }, () => {
      const group = queues.length > 0 && random.chance(20) ? ` ${random.pick([...queues, '*'])}` : '';
      return random.pick(pool) + group;
    });
    return [...new Set(entries)];
  };
  const denied = PATTERNS.filter((pattern) => !/@|^>$|^_R_/.test(pattern));
  return {
    allow: random.chance(60) ? [...some(ALLOWED, 4), ...usual.filter(() => random.chance(80))] : undefined,
    deny: random.chance(40) ? some(denied, 2) : undefined,
  };
}

function addImports(random: Random, accounts: Account[], at: number): void {
  const importer = accounts[at] as Account;
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const from = at + 1 + random.below(accounts.length - at - 1);
    const exporter = accounts[from] as Account;
    const kind: Kind = random.chance(60) ? 'service' : 'stream';
    const one = anImport(random, kind, from, exportFor(random, kind, exporter), at);
    const same = importer.imports.find(
      (other) => other.kind === kind && other.from === from && other.subject === one.subject,
    );
    // nats-server tells by chance what one of two imports of a service shares.
    for (const twice of same ? [one, same] : []) twice.share = undefined;
    const isNew =
      importer.imports.every((other) => other.kind !== kind || localOf(other) !== localOf(one)) &&
      (kind === 'service' || !same);
    if (isNew) importer.imports.push(one);
    // A chain: others may import what this account imports.
    if (isNew && kind === 'service' && random.chance(50)) addExport(importer, { kind, subject: localOf(one) });
  }
}

/** One of the account's exports, or a new one. */
function exportFor(random: Random, kind: Kind, exporter: Account): Export {
  const known = exporter.exports.filter((one) => one.kind === kind);
  if (known.length > 0 && random.chance(50)) return random.pick(known);
  const subject = random.pick(EXPORTED[kind]);
  const made: Export = random.chance(15)
    ? { kind, subject: 'p.*', position: 2 }
    : { kind, subject: random.chance(40) ? random.pick(WIDER[subject] ?? [subject]) : subject };
  made.stream = kind === 'service' && random.chance(30);
  made.allowTrace = random.chance(40);
  return addExport(exporter, made);
}

function addExport(exporter: Account, made: Export): Export {
  const known = exporter.exports.find((one) => one.kind === made.kind && one.subject === made.subject);
  if (!known) exporter.exports.push(made);
  return known ?? made;
}

function anImport(random: Random, kind: Kind, from: number, exported: Export, at: number): Import {
  const narrower = EXPORTED[kind].filter(
    (subject) => covers(exported.subject, subject) && exported.position === undefined,
  );
  const subject = exported.position ? `p.@${at}` : exported.subject;
  const one: Import = {
    kind,
    from,
    // Of several exports that cover an import of a service, that of the same subject decides.
    subject: kind === 'stream' && random.chance(30) ? random.pick([subject, ...narrower]) : subject,
    allowTrace: random.chance(40),
  };
  if (random.chance(60)) one.to = renamed(random, one);
  else if (kind === 'stream' && random.chance(30)) one.prefix = 'c';
  if (kind === 'service' && random.chance(30)) one.share = true;
  return one;
}

/** Another name: each wildcard once, by number in any order, or as they are. */
function renamed(random: Random, { kind, subject }: Import): string {
  const tokens = subject.split('.');
  const wildcards = tokens.filter((token) => token === '*').length;
  const first = random.pick(['a', 'b', 'c', 'c.a']);
  if (tokens.at(-1) === '>') return [first, ...Array(wildcards).fill('*'), '>'].join('.');
  if (wildcards === 0) return kind === 'service' ? random.pick([first, `${first}.*`, `${first}.>`]) : first;
  const numbers = Array.from({ length: wildcards }, (_, number) => `$${number + 1}`);
  if (random.chance(50)) numbers.reverse();
  return [first, ...(random.chance(30) ? Array(wildcards).fill('*') : numbers)].join('.');
}

/** The pattern of what an account calls what it imports. */
export function localOf({ subject, to, prefix }: Import): string {
  return prefix ? `${prefix}.${subject}` : patternOf(to ?? subject);
}

/** Some exports are for some accounts only: for those that import what they cover, and at times for others. */
function letIn(random: Random, accounts: Account[]): void {
  for (const [from, exporter] of accounts.entries()) {
    for (const one of exporter.exports) {
      if (one.position || !random.chance(40)) continue;
      const isImporter = ({ imports }: Account) =>
        imports.some((other) => other.from === from && other.kind === one.kind && covers(one.subject, other.subject));
      const only = accounts.flatMap((account, at) => (isImporter(account) || random.chance(20) ? [at] : []));
      if (only.length > 0) one.only = only;
    }
  }
}

function steps(random: Random, clients: number): Step[] {
  const made: Step[] = Array.from({ length: clients }, (_, client) => ({
    do: 'sub',
    client,
    subject: `inbox.${client}.>`,
    sid: 'inbox',
  }));
  for (let at = 0; at < clients * 2; at += 1) made.push(subscribe(random, clients, made.length));
  for (let count = 15 + random.below(25); count > 0; count -= 1) {
    const client = random.below(clients);
    const chosen = random.below(100);
    if (chosen < 12) made.push(subscribe(random, clients, made.length));
    else if (chosen < 17) made.push(unsubscribe(random, client, made));
    else if (chosen < 62) made.push(publish(random, client, made.length));
    else made.push(answer(random, client, clients, made.length));
  }
  return made;
}

function subscribe(random: Random, clients: number, at: number): Step {
  const queue = random.chance(25) ? random.pick(QUEUES) : undefined;
  return { do: 'sub', client: random.below(clients), subject: random.pick(PATTERNS), queue, sid: `s${at}` };
}

/** Never one that may wait for an answer: that would end requests there. */
function unsubscribe(random: Random, client: number, before: readonly Step[]): Step {
  const own = before.flatMap((step) =>
    step.do === 'sub' && step.client === client && step.sid !== 'inbox' && !matches('inbox.0.m0', step.subject)
      ? [step.sid]
      : [],
  );
  return { do: 'unsub', client, sid: own.length > 0 ? random.pick(own) : 'none' };
}

function publish(random: Random, client: number, at: number): Step {
  const headers = random.pick<Headers>(['none', 'none', 'none', 'plain', 'lie', 'trace', 'trace', 'trace only']);
  const asks = headers !== 'trace only' && random.chance(60);
  return { do: 'pub', client, subject: random.pick(LITERALS), asks, headers, payload: `m${at}` };
}

function answer(random: Random, client: number, clients: number, at: number): Step {
  const of = random.chance(80) ? client : random.below(clients);
  const payload = random.chance(20) ? '' : `a${at}`;
  return { do: 'answer', client, of, which: random.below(3), guess: random.chance(10), payload };
}
