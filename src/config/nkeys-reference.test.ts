/** Users and accounts with keys, judged as by nats-server where it is present. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount, createServer, createUser } from '@nats-io/nkeys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, complaintsOfReference, referenceServer } from './testing/reference.js';

const [one, two, account, server] = [createUser(), createUser(), createAccount(), createServer()].map((key) =>
  key.getPublicKey(),
) as [string, string, string, string];
const seed = new TextDecoder().decode(createUser().getSeed());
/** With one letter that is wrong. */
const mistyped = `${one.slice(0, 20)}${one[20] === 'A' ? 'B' : 'A'}${one.slice(21)}`;

const users = (...entries: string[]) => `users: [ ${entries.map((entry) => `{ ${entry} }`).join(', ')} ]`;
const authorization = (...entries: string[]) => `authorization { ${users(...entries)} }`;

const SAMPLES = [
  authorization(`nkey: ${one}`),
  authorization(`nkey: ${one}`, `nkey: ${two}`, 'user: a, password: b'),
  authorization(`nkey: ${one}`, `nkey: ${one}`),
  authorization(`user: ${one}`, `nkey: ${one}`),
  authorization('user: a', 'user: a', `nkey: ${one}`),
  ...['UA', account, server, seed, mistyped, one.toLowerCase(), one.slice(1)].map((key) =>
    authorization(`nkey: ${key}`),
  ),
  authorization(`nkey: ${one}, user: a`),
  authorization(`nkey: ${one}, password: a`),
  authorization('nkey: UA, user: a'),
  authorization('nkey: ""'),
  authorization('nkey: "", user: a'),
  authorization(`nkey: ${one}, user: ""`),
  authorization(`nkey: ${one}, user: "", password: ""`),
  authorization(`NKEY: ${one}, permissions: { publish: x }, clients: standard`),
  `authorization { ${users(`nkey: ${one}`)}, token: x }`,
  `authorization { ${users(`nkey: ${one}`)}, user: x }`,
  `no_auth_user: ${one}\n${authorization(`nkey: ${one}`)}`,
  `accounts { A { ${users(`nkey: ${one}`)} }\nB { ${users(`nkey: ${two}`)} } }`,
  `accounts { A { ${users(`nkey: ${one}`, `nkey: ${one}`)} } }`,
  `accounts { A { ${users(`user: ${one}`, `nkey: ${one}`)} } }`,
  `accounts { A { ${users(`nkey: ${one}`)}, nkey: ${account} } }`,
  ...[one, server, 'AA', '""'].map((key) => `accounts { A { nkey: ${key} } }`),
];

describe.skipIf(!referenceServer())('2.4 and 2.5 keys, as nats-server judges them', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'nats-turbo-nkeys-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(SAMPLES)('%s', (text) => {
    expect(complaints(text)).toEqual(complaintsOfReference(referenceServer() as string, directory, text));
  });
});
