/**
 * The fields of a log line about a connection, for the JSON log.
 *
 * Such lines begin with the connection's address and number, followed by the quoted texts of its client and user. This
 * file parses that form. Texts from the client are quoted in it, so a client can't forge other fields.
 */

export interface ConnectionFields {
  kind?: string;
  cid?: number;
  ip?: string;
  port?: number;
  /** `lang:version:name` from CONNECT. */
  client?: string;
  account?: string;
  user?: string;
  /** Why the connection was closed. */
  reason?: string;
}

const KINDS: Readonly<Record<string, string>> = {
  cid: 'Client',
  wid: 'Client',
  mid: 'Client',
  rid: 'Router',
  gid: 'Gateway',
  lid: 'Leafnode',
};

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const CONNECTION = new RegExp(`^(\\S+):(\\d+) - (${Object.keys(KINDS).join('|')}):(\\d+) - `);
const CLIENT = new RegExp(`^${QUOTED} - (?:${QUOTED} - )?`);
const ACCOUNT = /^([^/]+)\/(?:user:(.*)|nkey:(.*)|token|jwt:.*)$/;
const CLOSED = /^\w+ connection closed: (.+)$/;

export function connectionFields(text: string): ConnectionFields {
  const connection = CONNECTION.exec(text);
  if (!connection) return {};
  const [prefix, address, port, kind, cid] = connection as unknown as [string, string, string, string, string];
  const fields: ConnectionFields = {
    kind: KINDS[kind] as string,
    cid: Number(cid),
    ip: address.replace(/^\[|\]$/g, ''),
    port: Number(port),
  };
  let rest = text.slice(prefix.length);
  const client = CLIENT.exec(rest);
  if (client) {
    rest = rest.slice(client[0].length);
    addClient(fields, client[1] as string, client[2]);
  }
  const reason = CLOSED.exec(rest)?.[1];
  if (reason) fields.reason = reason;
  return fields;
}

/** A single part in the form of an account may also be a client with such a name: then no field is added. */
function addClient(fields: ConnectionFields, first: string, second: string | undefined): void {
  const belongs = ACCOUNT.exec(second ?? first);
  if (second === undefined && belongs) return;
  fields.client = unquote(first);
  if (second === undefined) return;
  fields.account = unquote(belongs?.[1] ?? second);
  const user = belongs?.[2] ?? belongs?.[3];
  if (user !== undefined) fields.user = unquote(user);
}

function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}
