/**
 * A configuration of accounts and what clients do with it: as the model reads both, and as text for a server.
 * Values only. Accounts and clients are known by their numbers; `@2` in a subject stands for the name of account 2.
 */

export interface Case {
  accounts: Account[];
  /** Each has a user of its own. */
  clients: Client[];
  steps: Step[];
}

export interface Account {
  exports: Export[];
  imports: Import[];
  mappings: Mapping[];
  defaults?: Permissions | undefined;
}

export type Kind = 'stream' | 'service';

export interface Export {
  kind: Kind;
  subject: string;
  /** Accounts that may import it. None: every one. */
  only?: number[] | undefined;
  /** Which token of the subject is the name of the importing account. */
  position?: number | undefined;
  /** Any number of answers instead of one. */
  stream?: boolean | undefined;
  allowTrace?: boolean | undefined;
}

export interface Import {
  kind: Kind;
  from: number;
  subject: string;
  to?: string | undefined;
  prefix?: string | undefined;
  share?: boolean | undefined;
  allowTrace?: boolean | undefined;
}

export interface Mapping {
  source: string;
  /** With one destination it has no weight; of several each has the same. */
  to: string[];
}

export interface Permissions {
  publish?: Lists | undefined;
  subscribe?: Lists | undefined;
  /** How many answers to what it gets it may publish. */
  responses?: number | undefined;
}

/** Entries are subjects, for subscriptions also a subject and a queue group. */
export interface Lists {
  allow?: string[] | undefined;
  deny?: string[] | undefined;
}

export interface Client {
  account: number;
  permissions?: Permissions | undefined;
  noResponders: boolean;
  echo: boolean;
}

export type Headers = 'none' | 'plain' | 'lie' | 'trace' | 'trace only';

export type Step =
  | { do: 'sub'; client: number; subject: string; queue?: string | undefined; sid: string }
  | { do: 'unsub'; client: number; sid: string }
  | { do: 'pub'; client: number; subject: string; asks: boolean; headers: Headers; payload: string }
  /** Answers a request: one that it got, or one that another client got; `guess`: on a subject that is like it. */
  | { do: 'answer'; client: number; of: number; which: number; guess: boolean; payload: string };

/** Where traces go. */
export const TRACES = 't.t';

/** The names of a case: several may share a server. Users have the same name as password. */
export class Names {
  constructor(readonly prefix: string) {}

  account(account: number): string {
    return `${this.prefix}Acc${account}`;
  }

  user(client: number): string {
    return `${this.prefix}User${client}`;
  }

  /** A subject as servers read it. */
  subject(subject: string): string {
    return subject.replace(/@(\d+)/g, (_, account: string) => this.account(Number(account)));
  }
}

/** The subject on which a client waits for an answer to the request with this payload. */
export function inbox(client: number, payload: string): string {
  return `inbox.${client}.${payload}`;
}

/** The accounts of a configuration file. */
export function accountsText(one: Case, names: Names): string {
  return one.accounts.map((account, at) => accountText(one, account, at, names)).join('');
}

function accountText(one: Case, account: Account, at: number, names: Names): string {
  const users = one.clients.flatMap((client, number) =>
    client.account === at
      ? [fields([`user: ${names.user(number)}`, `password: ${names.user(number)}`, permitted(client.permissions)])]
      : [],
  );
  const lines = [
    `users: ${list(users)}`,
    account.defaults && `default_permissions: ${permissionsText(account.defaults)}`,
    `exports: ${list(account.exports.map((one) => exportText(one, names)))}`,
    `imports: ${list(account.imports.map((one) => importText(one, names)))}`,
    `mappings: { ${account.mappings.map(mappingText).join(', ')} }`,
  ];
  return `  ${names.account(at)} {\n${lines.flatMap((line) => (line ? [`    ${line}\n`] : [])).join('')}  }\n`;
}

function exportText(one: Export, names: Names): string {
  return fields([
    `${one.kind}: "${names.subject(one.subject)}"`,
    one.only && `accounts: ${list(one.only.map((account) => names.account(account)))}`,
    one.position && `account_token_position: ${one.position}`,
    one.stream && 'response: stream',
    one.allowTrace && one.kind === 'service' && 'allow_trace: true',
  ]);
}

function importText(one: Import, names: Names): string {
  return fields([
    `${one.kind}: { account: ${names.account(one.from)}, subject: "${names.subject(one.subject)}" }`,
    one.to && `to: "${names.subject(one.to)}"`,
    one.prefix && `prefix: "${one.prefix}"`,
    one.share && 'share: true',
    one.allowTrace && one.kind === 'stream' && 'allow_trace: true',
  ]);
}

function mappingText({ source, to }: Mapping): string {
  const weight = Math.floor(100 / to.length);
  const each = to.map((subject) => `{ destination: "${subject}", weight: ${weight}% }`);
  return `"${source}": ${to.length === 1 ? `"${to[0]}"` : list(each)}`;
}

function permitted(permissions: Permissions | undefined): string | undefined {
  return permissions && `permissions: ${permissionsText(permissions)}`;
}

function permissionsText({ publish, subscribe, responses }: Permissions): string {
  return fields([
    publish && `publish: ${listsText(publish)}`,
    subscribe && `subscribe: ${listsText(subscribe)}`,
    responses && `allow_responses: { max: ${responses}, expires: "10m" }`,
  ]);
}

function listsText({ allow, deny }: Lists): string {
  const quoted = (entries: string[]) => list(entries.map((entry) => `"${entry}"`));
  return fields([allow && `allow: ${quoted(allow)}`, deny && `deny: ${quoted(deny)}`]);
}

function fields(all: (string | false | number | undefined)[]): string {
  return `{ ${all.filter(Boolean).join(', ')} }`;
}

function list(entries: string[]): string {
  return `[ ${entries.join(', ')} ]`;
}

/** The steps, a line each. */
export function stepsText(one: Case, names: Names): string {
  return one.steps.map((step, at) => `${at}: ${stepText(one, step, names)}\n`).join('');
}

function stepText(one: Case, step: Step, names: Names): string {
  const who = `${names.user(step.client)} (${names.account(one.clients[step.client]?.account ?? 0)})`;
  switch (step.do) {
    case 'sub':
      return `${who}: SUB ${names.subject(step.subject)} ${step.queue ?? ''} ${step.sid}`;
    case 'unsub':
      return `${who}: UNSUB ${step.sid}`;
    case 'pub': {
      const reply = step.asks ? inbox(step.client, step.payload) : '';
      return `${who}: PUB ${names.subject(step.subject)} ${reply}, headers: ${step.headers}, payload: ${step.payload}`;
    }
    case 'answer': {
      const what = step.guess ? 'guesses the subject of an answer' : 'answers a request';
      return `${who}: ${what} to ${names.user(step.of)}, payload: ${step.payload}`;
    }
  }
}
