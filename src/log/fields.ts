/**
 * What a log line says about a connection, as fields: for logs that machines read.
 *
 * Lines about a connection begin with its address, number and how it introduced itself, in a form that users of text
 * logs know by heart; here it is taken apart again. What a client says of itself is quoted in it, so none can pretend to
 * be more than the one part it is.
 */

export interface ConnectionFields {
  kind?: string;
  cid?: number;
  ip?: string;
  port?: number;
  /** `lang:version:name`, as far as the client told. */
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
const INTRODUCTION = new RegExp(`^${QUOTED} - (?:${QUOTED} - )?`);
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
  const introduction = INTRODUCTION.exec(rest);
  if (introduction) {
    rest = rest.slice(introduction[0].length);
    introduce(fields, introduction[1] as string, introduction[2]);
  }
  const reason = CLOSED.exec(rest)?.[1];
  if (reason) fields.reason = reason;
  return fields;
}

/** Alone, a part in the form of an account may be one, or a client that calls itself so: neither is claimed then. */
function introduce(fields: ConnectionFields, first: string, second: string | undefined): void {
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
