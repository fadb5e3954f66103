/** What every endpoint answers before it reads a body: the same as nats-server, byte for byte. */
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { admit, admitAfterBody } from '../../src/jetstream/api/admission.js';
import { withoutDomain } from '../../src/jetstream/api/domain.js';
import { withReference } from './reference.js';

const NAMES = [
  ...['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'STREAM.INFO.A', 'STREAM.CREATE.A', 'STREAM.UPDATE.A', 'STREAM.DELETE.A'],
  ...['STREAM.PURGE.A', 'STREAM.SNAPSHOT.A', 'STREAM.RESTORE.A', 'STREAM.MSG.GET.A', 'STREAM.MSG.DELETE.A'],
  ...['CONSUMER.NAMES.A', 'CONSUMER.LIST.A', 'CONSUMER.INFO.A.c', 'CONSUMER.DELETE.A.c'],
  ...['STREAM.LEADER.STEPDOWN.A', 'STREAM.PEER.REMOVE.A', 'STREAM.PEER.EVACUATE.A', 'STREAM.CANCEL_MOVE.A'],
  ...['CONSUMER.LEADER.STEPDOWN.A.c', 'CONSUMER.PEER.REMOVE.A.c', 'CONSUMER.PEER.EVACUATE.A.c'],
];
/** Their bodies are read first. */
const BODY_FIRST = [
  'CONSUMER.CREATE.A',
  'CONSUMER.CREATE.A.c',
  'CONSUMER.CREATE.A.c.f.>',
  'CONSUMER.DURABLE.CREATE.A.c',
  'CONSUMER.PAUSE.A.c',
  'CONSUMER.UNPIN.A.c',
];
const SILENT = [
  ...['FOO', 'STREAM.CREATE', 'STREAM.CREATE.A.b', 'STREAM.NAMES.A', 'INFO.A', 'STREAM', 'CONSUMER.RESET.A.c'],
  ...['META.LEADER.STEPDOWN', 'META.RESCUE', 'SERVER.REMOVE', 'SERVER.EVACUATE', 'ACCOUNT.PURGE.X', 'ACCOUNT.FOO'],
];

describe('as nats-server', () => {
  const users = new Map<string, NatsConnection>();
  const user = (name: string) => `users: [{ user: ${name}, password: ${name} }]`;
  const config = `jetstream { domain: hub }
    accounts { ON { jetstream: enabled, ${user('streams')} }\n OFF { ${user('plain')} }\n SYS { ${user('sys')} } }
    system_account: SYS`;

  withReference(
    config,
    async (port) => {
      for (const name of ['streams', 'plain', 'sys']) {
        users.set(name, await connect({ port, user: name, pass: name, reconnect: false }));
      }
    },
    async () => {
      for (const connection of users.values()) await connection.close();
    },
  );

  async function theirs(user: string, subject: string, level?: string, body = ''): Promise<string> {
    const head = headers();
    if (level !== undefined) head.set('Nats-Required-Api-Level', level);
    const answer = await (users.get(user) as NatsConnection).request(subject, body, { timeout: 5000, headers: head });
    return answer.string();
  }

  const ours = (subject: string, asker: Partial<Parameters<typeof admit>[1]> = {}) =>
    admit(subject, { isSystemAccount: false, isEnabled: true, ...asker });

  test.each(NAMES.map((name) => `$JS.API.${name}`))('API-8 %s of an account without JetStream', async (subject) => {
    expect(ours(subject, { isEnabled: false })).toEqual({ kind: 'refuse', answer: await theirs('plain', subject) });
  });

  test.each(NAMES.map((name) => `$JS.API.${name}`))('API-3, API-37 %s with a level too high', async (subject) => {
    const asker = { requiredLevel: '6', isEnabled: true };
    expect(ours(subject, asker)).toEqual({ kind: 'refuse', answer: await theirs('streams', subject, '6') });
  });

  test.each(['6', 'x', '5.0', '-1', '5', '+5', '', '99999999999999999999'])('API-37 the level %s', async (level) => {
    const answer = await theirs('streams', '$JS.API.INFO', level);
    expect(ours('$JS.API.INFO', { requiredLevel: level }).kind).toBe(answer.includes('"error"') ? 'refuse' : 'serve');
  });

  test.each(['INFO', 'STREAM.NAMES', 'STREAM.CREATE.A', 'FOO'])('API-8 %s in the system account', async (name) => {
    const subject = `$JS.API.${name}`;
    expect(ours(subject, { isSystemAccount: true })).toEqual({ kind: 'refuse', answer: await theirs('sys', subject) });
  });

  test('API-4, API-7 what nobody answers', async () => {
    const asked = await Promise.all(
      SILENT.map((name) =>
        (users.get('streams') as NatsConnection).request(`$JS.API.${name}`, '', { timeout: 500 }).then(
          () => name,
          () => undefined,
        ),
      ),
    );
    expect(asked.filter((name) => name !== undefined)).toEqual([]);
    expect(SILENT.filter((name) => ours(`$JS.API.${name}`).kind !== 'ignore')).toEqual([]);
  });

  test.each(BODY_FIRST.map((name) => `$JS.API.${name}`))('API-3 %s: the body comes first', async (subject) => {
    const asker = { isSystemAccount: false, isEnabled: false };
    const admission = admit(subject, asker);
    if (admission.kind !== 'serve') throw new Error(`refused: ${subject}`);
    const group = subject.includes('UNPIN') ? '"group":"g"' : '';
    const body = subject.includes('CREATE') ? '"stream_name":"A","config":{}' : group;
    const answer = await theirs('plain', subject, undefined, `{${body}}`);
    expect(admitAfterBody(admission.route, asker)).toEqual({ kind: 'refuse', answer });
    expect((await theirs('plain', subject, undefined, '{]')).includes('10025')).toBe(true);
  });

  test.each(NAMES)('API-47 %s under a domain', async (name) => {
    const subject = `$JS.hub.API.${name}`;
    const answer = await theirs('plain', subject).catch(() => undefined);
    const plain = withoutDomain(subject, 'hub') ?? '';
    if (answer !== undefined) expect(ours(plain, { isEnabled: false })).toEqual({ kind: 'refuse', answer });
    expect(plain).toBe(`$JS.API.${name}`);
  });
});
