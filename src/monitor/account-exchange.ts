/** What an account exports and imports, as `/accountz` shows it. In the order of the configuration. Pure functions. */
import { type ResolvedOptions, streamImportsOf } from '../config/index.js';

type Account = NonNullable<ResolvedOptions['accounts']>[string];

export interface ShownExport {
  subject: string;
  type: 'stream';
  approved_accounts?: string[];
}

export interface ShownImport {
  subject: string;
  account: string;
  local_subject: string;
  type: 'stream';
  invalid: boolean;
  share: boolean;
  tracking: boolean;
}

/** Exports of one subject are one, for all the accounts they name. */
export function shownExports({ exports = [] }: Account): ShownExport[] {
  const approved = new Map<string, string[]>();
  for (const { stream, accounts = [] } of exports) {
    if (stream !== undefined) approved.set(stream, [...(approved.get(stream) ?? []), ...accounts]);
  }
  return [...approved].map(([subject, accounts]) => ({
    subject,
    type: 'stream',
    ...(accounts.length > 0 ? { approved_accounts: [...new Set(accounts)] } : {}),
  }));
}

export function shownImports({ imports }: Account): ShownImport[] {
  return streamImportsOf({ imports }).map(({ account, subject, to = subject }) => ({
    subject,
    account,
    local_subject: to,
    type: 'stream',
    invalid: false,
    share: false,
    tracking: false,
  }));
}
