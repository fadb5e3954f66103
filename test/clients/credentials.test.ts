/** Every way to say who one is that official clients have: a password, a password kept as its hash, and an nkey. */
import { createUser } from '@nats-io/nkeys';
import { describe, expect, test } from 'vitest';
import { useServer } from '../support/server.js';
import { LANGUAGES, python, usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const [key, other] = [createUser(), createUser()];
const seedOf = (pair: typeof key) => new TextDecoder().decode(pair.getSeed());
/** Of "secret", cost 4. */
const HASH = '$2a$04$5fStEcsEuaFjijlafVyS2.uGUdCszD/xZw.37OkMlLgrv.HaQtacm';

type Named = readonly [what: string, credentials: { user?: string; password?: string; seed?: string }];

const RIGHT: Named[] = [
  ['a password', { user: 'plain', password: 'text' }],
  ['a password kept as its hash', { user: 'hashed', password: 'secret' }],
  ['an nkey', { seed: seedOf(key) }],
];
const WRONG: Named[] = [
  ['a wrong password', { user: 'plain', password: 'Text' }],
  ['the hash itself', { user: 'hashed', password: HASH }],
  ['the nkey of nobody', { seed: seedOf(other) }],
];

describe.for(LANGUAGES)('credentials of the %s client', (language) => {
  const config = `authorization { timeout: 60, users: [
    { user: plain, password: text }, { user: hashed, password: "${HASH}" }, { nkey: ${key.getPublicKey()} }
  ] }\n`;
  const server = useServer({ config });
  const peerOf = usePeers();

  test.for(RIGHT)('%s lets in', async ([, credentials], ctx) => {
    if (language === 'python' && credentials.seed) await python(ctx, ['nats', 'nkeys']);
    const client = await (await peerOf(ctx, language)).connect({ url: urlOf(server), ...credentials });
    await client.echo('echo');
    expect((await client.request('echo', { text: 'x' })).payload).toBe('x');
    await client.close();
  });

  test.for(WRONG)('%s does not', async ([, credentials], ctx) => {
    if (language === 'python' && credentials.seed) await python(ctx, ['nats', 'nkeys']);
    const peer = await peerOf(ctx, language);
    const refused = peer.connect({ url: urlOf(server), ...credentials });
    await expect(refused).rejects.toMatchObject({ kind: 'authorization' });
  });
});
