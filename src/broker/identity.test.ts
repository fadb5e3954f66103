import { createCurve, createServer, fromPublic, Prefix } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { encodePublicKey, NkeyPrefix } from '../nkey.js';
import { createIdentity } from './identity.js';

describe('createIdentity', () => {
  it('makes keys that the reference implementation of nkeys accepts', () => {
    const { serverId, xkey } = createIdentity();
    expect(serverId).toMatch(/^N[A-Z2-7]{55}$/);
    expect(xkey).toMatch(/^X[A-Z2-7]{55}$/);
    expect(fromPublic(serverId).getPublicKey()).toBe(serverId);
    expect(fromPublic(xkey).getPublicKey()).toBe(xkey);
  });

  it('makes other keys each time', () => {
    expect(createIdentity().serverId).not.toBe(createIdentity().serverId);
  });
});

describe('encodePublicKey', () => {
  it('uses the prefixes of the field', () => {
    expect(NkeyPrefix.server).toBe(Prefix.Server);
    expect(encodePublicKey(NkeyPrefix.server, new Uint8Array(32)).slice(0, 1)).toBe(createServer().getPublicKey()[0]);
    expect(encodePublicKey(NkeyPrefix.curve, new Uint8Array(32)).slice(0, 1)).toBe(createCurve().getPublicKey()[0]);
  });
});
