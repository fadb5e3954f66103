/** What the system account exports to all accounts, and what each of them imports from it without being told to. */
import type { ShownExport, ShownImport } from './account-exchange.js';

const EXPORTS: [subject: string, responseType: string][] = [
  ['$SYS.REQ.ACCOUNT.*.CONNZ', 'Streamed'],
  ['$SYS.REQ.ACCOUNT.*.STATZ', 'Streamed'],
  ['$SYS.DEBUG.SUBSCRIBERS', 'Singleton'],
  ['$SYS.REQ.USER.*.INFO', 'Singleton'],
];

export function systemExports(): ShownExport[] {
  return EXPORTS.map(([subject, response_type]) => ({ subject, type: 'service', response_type }));
}

/** Requests about the own account, and those of a user about itself, which tell who asks. */
export function systemImports(name: string, system: string): ShownImport[] {
  const userInfo = imported(system, '$SYS.REQ.USER.INFO', `$SYS.REQ.USER.${name}.INFO`, true);
  if (name === system) return [userInfo];
  const about = (what: string) => `$SYS.REQ.ACCOUNT.${name}.${what}`;
  return [
    imported(system, '$SYS.REQ.ACCOUNT.PING.CONNZ', about('CONNZ')),
    imported(system, '$SYS.REQ.SERVER.PING.CONNZ', about('CONNZ')),
    imported(system, '$SYS.REQ.ACCOUNT.PING.STATZ', about('STATZ')),
    userInfo,
  ];
}

function imported(account: string, to: string, subject: string, share = false): ShownImport {
  return { subject, account, to, local_subject: to, type: 'service', invalid: false, share, tracking: false };
}
