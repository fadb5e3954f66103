/** Writes the events of the system account and publishes them. Loaded with the first one that somebody listens to. */
import { rfc3339 } from '../http/go-format.js';
import { accountStat } from '../monitor/accstatz.js';
import { issuerKey } from '../monitor/issuer-key.js';
import type { AccountStats, ConnectionInfo } from '../native/index.js';
import { eventHead } from './event-head.js';
import { type ClientEvent, isRefused } from './events.js';
import type { SystemHost } from './host.js';
import { ServerInfo, withServer } from './server-info.js';
import { connectionsSubjects, subjectOf } from './subjects.js';

const GLOBAL_ACCOUNT = '$G';

export class EventWriter {
  readonly #host: SystemHost;
  readonly #server: ServerInfo;
  /** The figures of all accounts, read once for a batch: adding them up takes longer than writing many events. */
  #accounts: Map<string, AccountStats> | undefined;
  /** Whether somebody listens, by account and subject. */
  readonly #heard = new Map<string, boolean>();

  constructor(host: SystemHost) {
    this.#host = host;
    this.#server = new ServerInfo(host);
  }

  /** What is looked up for the events to come is looked up once. All of them have happened by now. */
  startBatch(): void {
    this.#accounts = undefined;
    this.#heard.clear();
  }

  /** First how many connections the account has by now, then the client. */
  write(systemAccount: string, { kind, connection }: ClientEvent): void {
    const account = connection.account || GLOBAL_ACCOUNT;
    if (kind !== 'again' && connection.account !== '') this.#writeConnectionsOf(systemAccount, account);
    if (kind === 'disconnect') this.#writeDisconnect(systemAccount, account, connection);
    else this.#writeConnect(systemAccount, account, connection);
  }

  /** In both forms of its subject, with one id. */
  writeConnections(systemAccount: string, stats: AccountStats): void {
    const [head, stat] = [eventHead('account_connections'), accountStat(stats)];
    for (const subject of connectionsSubjects(stats.name)) {
      this.#publish(systemAccount, subject, () => withServer(this.#server, head, stat));
    }
  }

  /** The server goes away. */
  writeEnd(systemAccount: string, subject: string): void {
    this.#publish(systemAccount, subject, () => this.#server.next());
  }

  #writeConnectionsOf(systemAccount: string, account: string): void {
    if (account === GLOBAL_ACCOUNT) return;
    this.#accounts ??= this.#readAccounts();
    const stats = this.#accounts.get(account);
    if (stats) this.writeConnections(systemAccount, stats);
  }

  #readAccounts(): Map<string, AccountStats> {
    try {
      const { accounts } = this.#host.source().stats();
      return new Map(accounts.map((stats) => [stats.name, stats]));
    } catch {
      // The broker is stopping: there are no figures any more.
      return new Map();
    }
  }

  #writeConnect(systemAccount: string, account: string, connection: ConnectionInfo): void {
    this.#publish(systemAccount, subjectOf.connect(account), () =>
      withServer(this.#server, eventHead('client_connect'), { client: client(connection, account) }),
    );
  }

  #writeDisconnect(systemAccount: string, account: string, connection: ConnectionInfo): void {
    if (isRefused(connection)) this.#writeRefusal(systemAccount, account, connection);
    this.#publish(systemAccount, subjectOf.disconnect(account), () => this.#goodbye(connection, account));
  }

  /** In the account itself, and for those who run the server. */
  #writeRefusal(systemAccount: string, account: string, connection: ConnectionInfo): void {
    const event = () => this.#goodbye(connection, account);
    this.#publish(account, subjectOf.refusedInAccount, event);
    this.#publish(systemAccount, subjectOf.refused(this.#host.serverId), event);
  }

  /** `sent` is what the client sent. */
  #goodbye(connection: ConnectionInfo, account: string): string {
    return withServer(this.#server, eventHead('client_disconnect', connection.stopMs), {
      client: client(connection, account),
      sent: { msgs: connection.inMsgs, bytes: connection.inBytes },
      received: { msgs: connection.outMsgs, bytes: connection.outBytes },
      reason: connection.reason ?? '',
    });
  }

  /** Makes and publishes it if somebody listens. */
  #publish(account: string, subject: string, make: () => string): void {
    if (!this.#isHeard(account, subject)) return;
    try {
      this.#host.client.publish(subject, make(), { account });
    } catch {
      // The name of the account is no token of a subject, or the account is gone meanwhile.
    }
  }

  #isHeard(account: string, subject: string): boolean {
    const key = `${account} ${subject}`;
    const known = this.#heard.get(key);
    if (known !== undefined) return known;
    const isHeard = this.#host.hasListeners(account, subject);
    this.#heard.set(key, isHeard);
    return isHeard;
  }
}

/** A client as events describe it. What is undefined is left out of JSON. */
function client(c: ConnectionInfo, account: string): object {
  return {
    start: rfc3339(c.startMs),
    host: c.ip,
    id: c.cid,
    acc: account,
    user: c.user || undefined,
    name: c.name || undefined,
    lang: c.lang || undefined,
    ver: c.version || undefined,
    rtt: c.stopMs !== undefined && c.rttNs > 0 ? c.rttNs : undefined,
    stop: c.stopMs === undefined ? undefined : rfc3339(c.stopMs),
    issuer_key: issuerKey(c),
    name_tag: account,
    kind: c.kind,
    client_type: 'nats',
  };
}
