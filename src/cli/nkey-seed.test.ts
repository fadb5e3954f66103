import * as nkeys from '@nats-io/nkeys';
import { describe, expect, test } from 'vitest';
import { NkeyPrefix } from '../nkey.js';
import { createNkey, publicKeyOf, SeedError } from './nkey-seed.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('keys made here are accepted by the reference implementation of nkeys', () => {
  test.each([
    ['user', 'SU', 'U'],
    ['account', 'SA', 'A'],
    ['operator', 'SO', 'O'],
    ['server', 'SN', 'N'],
    ['cluster', 'SC', 'C'],
  ] as const)('%s', (kind, seedBegins, keyBegins) => {
    const { seed, publicKey } = createNkey(NkeyPrefix[kind]);
    expect([seed.slice(0, 2), publicKey.slice(0, 1)]).toEqual([seedBegins, keyBegins]);
    const pair = nkeys.fromSeed(bytes(seed));
    expect(pair.getPublicKey()).toBe(publicKey);
    expect(nkeys.fromPublic(publicKey).verify(bytes('nonce'), pair.sign(bytes('nonce')))).toBe(true);
  });

  test('curve', () => {
    const { seed, publicKey } = createNkey(NkeyPrefix.curve);
    expect([seed.slice(0, 2), publicKey.slice(0, 1)]).toEqual(['SX', 'X']);
    const [pair, peer] = [nkeys.fromCurveSeed(bytes(seed)), nkeys.createCurve()];
    expect(pair.getPublicKey()).toBe(publicKey);
    expect(peer.open(pair.seal(bytes('hello'), peer.getPublicKey()), publicKey)).toEqual(bytes('hello'));
  });
});

test('public keys of seeds made by the reference implementation', () => {
  const { createUser, createAccount, createOperator, createServer, createCluster, createCurve } = nkeys;
  for (const create of [createUser, createAccount, createOperator, createServer, createCluster, createCurve]) {
    const pair = create();
    expect(publicKeyOf(new TextDecoder().decode(pair.getSeed()))).toBe(pair.getPublicKey());
  }
});

test('makes other keys each time', () => {
  expect(createNkey(NkeyPrefix.user).seed).not.toBe(createNkey(NkeyPrefix.user).seed);
});

describe('what is no seed is refused and not repeated', () => {
  const { seed, publicKey } = createNkey(NkeyPrefix.user);
  const otherLetter = seed[20] === 'A' ? 'B' : 'A';
  test.each([
    ['empty', ''],
    ['too short', seed.slice(0, -1)],
    ['too long', `${seed}A`],
    ['in lower case', seed.toLowerCase()],
    ['a public key', publicKey],
    ['a wrong letter', seed.slice(0, 20) + otherLetter + seed.slice(21)],
    ['a digit that base32 lacks', `${seed.slice(0, -1)}1`],
    ['of an unknown kind', createNkey(1 << 3).seed],
  ])('%s', (_name, text) => {
    let error: unknown;
    try {
      publicKeyOf(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SeedError);
    if (text !== '') expect(String(error)).not.toContain(text);
  });
});
