/**
 * Requests to the system account of a server under test, and its events.
 */
import { gunzipSync } from 'node:zlib';
import type { Json } from './monitor.js';
import type { RawClient } from './raw.js';
import type { TestServer } from './server.js';

/** A user of the system account, and one of each of two others. */
export const WITH_SYSTEM = `accounts {
  SYS { users: [ { user: s, password: s } ] }
  A { users: [ { user: a, password: a } ] }
  B { users: [ { user: b, password: b } ] }
}
system_account: SYS
`;

export interface Answer {
  headers: string;
  body: Buffer;
}

/** Asks in the system account. */
export class SystemClient {
  #requests = 0;

  private constructor(
    readonly client: RawClient,
    readonly serverId: string,
  ) {}

  static async open(server: TestServer, fields: Json = { user: 's', pass: 's' }): Promise<SystemClient> {
    const client = await server.open({ headers: true, no_responders: true, ...fields });
    await client.exchange('SUB answers.* 1\r\n', '');
    return new SystemClient(client, client.info.server_id);
  }

  /** `ID` as a token of the subject stands for the server's. */
  async ask(subject: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
    this.#send(subject, body, headers);
    const frame = await this.client.next();
    if (frame.op !== 'MSG' && frame.op !== 'HMSG') throw new Error(`no answer to ${subject}: ${frame.raw}`);
    return { headers: frame.headers?.toString() ?? '', body: frame.payload ?? Buffer.alloc(0) };
  }

  async json<T = Json>(subject: string, body: object | string = ''): Promise<T> {
    const answer = await this.ask(subject, typeof body === 'string' ? body : JSON.stringify(body));
    return JSON.parse(answer.body.toString()) as T;
  }

  /** The part of an answer that is not about the server. */
  async data<T = Json>(subject: string, body: object | string = ''): Promise<T> {
    return (await this.json<{ data: T }>(subject, body)).data;
  }

  /** The text of an error with its code. */
  async error(subject: string, body: object | string = ''): Promise<[code: number, description: string]> {
    const { error } = await this.json<{ error: { code: number; description: string } }>(subject, body);
    return [error.code, error.description];
  }

  /** Requests that nobody answers: another one, sent afterwards, is answered first. */
  async silent(...requests: [subject: string, body?: object | string][]): Promise<void> {
    for (const [subject, body = ''] of requests) {
      this.#send(subject, typeof body === 'string' ? body : JSON.stringify(body), {});
    }
    const { body } = await this.ask('$SYS.REQ.SERVER.PING.IDZ');
    if (!body.toString().startsWith('{"name":')) throw new Error(`expected silence, got ${body}`);
  }

  #send(subject: string, body: string, headers: Record<string, string>): void {
    this.#requests += 1;
    const to = subject.replace('.ID.', `.${this.serverId}.`);
    const reply = `answers.${this.#requests}`;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const block = lines.length > 0 ? `NATS/1.0\r\n${lines.join('')}\r\n` : '';
    const size = block.length + Buffer.byteLength(body);
    const line = block === '' ? `PUB ${to} ${reply} ${size}` : `HPUB ${to} ${reply} ${block.length} ${size}`;
    this.client.send(`${line}\r\n${block}${body}\r\n`);
  }
}

export function gunzip(body: Buffer): string {
  return gunzipSync(body).toString();
}
