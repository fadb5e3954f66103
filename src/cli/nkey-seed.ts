/**
 * Seeds of nkeys: 32 secret bytes, written as a public key is but with the letter S first and that of the key's kind second.
 * Makes keys and finds the public key of a seed; the cryptography is Node's.
 */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { rawPublicKey } from '../broker/identity.js';
import { decodeBase32, encodeNkey, encodePublicKey, hasChecksum, NkeyPrefix } from '../nkey.js';

export interface Nkey {
  /** `S…`: whoever has it has the key. */
  seed: string;
  publicKey: string;
}

/** A text is no seed; the message says why and does not contain it. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
}

/** The first five bits of a seed, which become its first letter. */
const SEED_PREFIX = 18 << 3;
const SECRET_BYTES = 32;
const PREFIXES: ReadonlySet<number> = new Set(Object.values(NkeyPrefix));

/** A fresh key of a kind: one of `NkeyPrefix`. */
export function createNkey(prefix: number): Nkey {
  const secret = randomBytes(SECRET_BYTES);
  return { seed: encodeSeed(prefix, secret), publicKey: publicKey(prefix, secret) };
}

/** The public key of a seed of any kind. Throws a `SeedError`. */
export function publicKeyOf(seed: string): string {
  const { prefix, secret } = decodeSeed(seed);
  return publicKey(prefix, secret);
}

/** The kind is stored behind the five bits of `SEED_PREFIX`. */
function encodeSeed(prefix: number, secret: Uint8Array): string {
  return encodeNkey([SEED_PREFIX | (prefix >> 5), (prefix & 31) << 3], secret);
}

function decodeSeed(text: string): { prefix: number; secret: Uint8Array } {
  if (!/^S[A-Z2-7]{57}$/.test(text)) {
    throw new SeedError('this is no seed: a seed is S and 57 more letters A to Z and digits 2 to 7');
  }
  const bytes = decodeBase32(text);
  if (!hasChecksum(bytes)) throw new SeedError('this is no seed: its checksum is wrong, so it was not copied whole');
  const [first = 0, second = 0] = bytes;
  const prefix = ((first & 7) << 5) | (second >> 3);
  if (!PREFIXES.has(prefix)) throw new SeedError('this is a seed of an unknown kind of key');
  return { prefix, secret: bytes.subarray(2, 2 + SECRET_BYTES) };
}

/** What precedes the 32 bytes of a private key in its DER form. */
const DER_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const DER_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function publicKey(prefix: number, secret: Uint8Array): string {
  const der = Buffer.concat([prefix === NkeyPrefix.curve ? DER_X25519 : DER_ED25519, secret]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return encodePublicKey(prefix, rawPublicKey(createPublicKey(privateKey)));
}
