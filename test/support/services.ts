/** For tests of services between accounts: what configurations and clients write, and what a service is told. */
import type { Frame } from './frames.js';
import { pub } from './raw.js';

/** What clients that are told of missing responders say in CONNECT. */
export const HEADERS = { headers: true, no_responders: true };

/** Services, with other fields behind a comma. */
export function exporting(...services: string[]): string {
  const each = services.map((one) => {
    const [subject, ...more] = one.split(', ');
    return `{ service: "${subject}" ${more.map((field) => `, ${field}`).join('')} }`;
  });
  return `exports: [ ${each.join(', ')} ]`;
}

/** Imports: account, subject there, and its name here unless it is the same. */
export function importing(...services: string[]): string {
  const each = services.map((one) => {
    const [account, subject, to, more = ''] = one.split(' ');
    const name = to && to !== subject ? `, to: "${to}"` : '';
    return `{ service: { account: ${account}, subject: "${subject}" }${name}${more && `, ${more}`} }`;
  });
  return `imports: [ ${each.join(', ')} ]`;
}

export function request(subject: string, reply: string, payload: string): string {
  return pub(subject, payload, reply);
}

export function answer(asked: Frame, payload: string): string {
  return pub(asked.reply ?? '', payload);
}

const INFO = /\r\nNats-Request-Info: (\{.*\})\r\n/;

/** What the server tells a service about who asks. */
export function requestInfo({ headers }: Frame): Record<string, unknown> {
  const info = INFO.exec(headers?.toString() ?? '')?.[1];
  if (info === undefined) throw new Error(`no Nats-Request-Info in ${JSON.stringify(headers?.toString())}`);
  return JSON.parse(info) as Record<string, unknown>;
}
