/**
 * The subjects of the system account that a server answers: which they are, and which request each of them is.
 *
 * Each is a subscription of its own rather than one with wildcards: a request that does not exist is answered with a 503,
 * as every other request that nobody answers.
 */

/** What all servers answer at `$SYS.REQ.SERVER.PING.NAME`, and one of them at `$SYS.REQ.SERVER.ID.NAME`. */
const OF_SERVERS = [
  ...['IDZ', 'STATSZ', 'VARZ', 'SUBSZ', 'CONNZ', 'ROUTEZ', 'GATEWAYZ', 'LEAFZ', 'ACCOUNTZ', 'JSZ', 'HEALTHZ'],
  ...['PROFILEZ', 'EXPVARZ', 'IPQUEUESZ', 'RAFTZ'],
];
/** What only the server answers that the subject names. */
const OF_ONE_SERVER = ['RELOAD', 'KICK', 'LDM'];
/** About one account: `$SYS.REQ.ACCOUNT.NAME.…`. */
const OF_ACCOUNTS = ['SUBSZ', 'CONNZ', 'LEAFZ', 'JSZ', 'INFO', 'STATZ', 'CONNS'];

export interface RequestSubject {
  subject: string;
  /** What the request is called in the tables of handlers. */
  request: string;
  /** The token of the subject, from 0, that is the name of an account. */
  accountAt?: number;
  /** It names this server. */
  here?: boolean;
}

export function requestSubjects(serverId: string): RequestSubject[] {
  const server = (to: string, names: string[]) =>
    names.map((name) => ({ subject: `$SYS.REQ.SERVER.${to}.${name}`, request: name }));
  return [
    { subject: '$SYS.REQ.SERVER.PING', request: 'STATSZ' },
    ...server('PING', OF_SERVERS),
    ...server(serverId, [...OF_SERVERS, ...OF_ONE_SERVER]).map((known) => ({ ...known, here: true })),
    ...OF_ACCOUNTS.map((name) => ({
      subject: `$SYS.REQ.ACCOUNT.*.${name}`,
      request: `ACCOUNT.${name}`,
      accountAt: 3,
    })),
    { subject: '$SYS.REQ.ACCOUNT.PING.STATZ', request: 'ACCOUNTS.STATZ' },
    { subject: '$SYS.REQ.ACCOUNT.NSUBS', request: 'NSUBS' },
    { subject: '$SYS.REQ.USER.*.INFO', request: 'USER.INFO', accountAt: 3 },
    { subject: '$SYS.DEBUG.SUBSCRIBERS', request: 'SUBSCRIBERS' },
  ];
}

/** Where events go. */
export const subjectOf = {
  connect: (account: string) => `$SYS.ACCOUNT.${account}.CONNECT`,
  disconnect: (account: string) => `$SYS.ACCOUNT.${account}.DISCONNECT`,
  /** A client that was refused: for those who run the server, and in the account that it was in. */
  refused: (serverId: string) => `$SYS.SERVER.${serverId}.CLIENT.AUTH.ERR`,
  refusedInAccount: '$SYS.ACCOUNT.CLIENT.AUTH.ERR',
  statistics: (serverId: string) => `$SYS.SERVER.${serverId}.STATSZ`,
  lameDuck: (serverId: string) => `$SYS.SERVER.${serverId}.LAMEDUCK`,
  shutdown: (serverId: string) => `$SYS.SERVER.${serverId}.SHUTDOWN`,
};

/** How many connections an account has: the older subject first. None for `$G`. */
export function connectionsSubjects(account: string): string[] {
  if (account === '$G') return [];
  return [`$SYS.SERVER.ACCOUNT.${account}.CONNS`, `$SYS.ACCOUNT.${account}.SERVER.CONNS`];
}
