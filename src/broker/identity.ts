/**
 * Who a broker is: a fresh server key and a curve key for each start. Owns the private halves; they never leave.
 *
 * The keys come from Node's own cryptography: it is there already, and making a key takes a tenth of a millisecond.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodePublicKey, NkeyPrefix } from '../nkey.js';

export interface Identity {
  /** Public key of the server, `N…`. */
  serverId: string;
  /** Public curve key, `X…`. */
  xkey: string;
  serverKey: KeyObject;
  curveKey: KeyObject;
}

export function createIdentity(): Identity {
  const server = generateKeyPairSync('ed25519');
  const curve = generateKeyPairSync('x25519');
  return {
    serverId: encodePublicKey(NkeyPrefix.server, rawPublicKey(server.publicKey)),
    xkey: encodePublicKey(NkeyPrefix.curve, rawPublicKey(curve.publicKey)),
    serverKey: server.privateKey,
    curveKey: curve.privateKey,
  };
}

/** The 32 bytes at the end of the key's DER form. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}
