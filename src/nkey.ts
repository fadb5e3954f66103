/**
 * Writes keys the way NATS does: a prefix, 32 bytes of key and a CRC-16, in base32 without padding; reads them back.
 * Encoding only: a server's keys are made in `broker/identity.ts`, those of others in `cli/nkey-seed.ts`.
 */

/** First byte of a public key, which becomes its first letter. */
export const NkeyPrefix = {
  /** `A`. */
  account: 0,
  /** `C`. */
  cluster: 2 << 3,
  /** `O`. */
  operator: 14 << 3,
  /** `U`. */
  user: 20 << 3,
  /** `N`: a server. */
  server: 13 << 3,
  /** `X`: a curve key. */
  curve: 23 << 3,
} as const;

export function encodePublicKey(prefix: number, key: Uint8Array): string {
  return encodeNkey([prefix], key);
}

/** `head` is what stands before the key: one byte for a public key, two for a seed. */
export function encodeNkey(head: readonly number[], key: Uint8Array): string {
  const crc = crc16(Uint8Array.of(...head, ...key));
  return base32(Uint8Array.of(...head, ...key, crc & 0xff, crc >> 8));
}

/** Whether a text is a public key with this prefix; without one, with any of them. */
export function isPublicKey(text: string, prefix?: number): boolean {
  if (!/^[A-Z2-7]{56}$/.test(text)) return false;
  const bytes = decodeBase32(text);
  const prefixes: readonly number[] = prefix === undefined ? Object.values(NkeyPrefix) : [prefix];
  return prefixes.includes(bytes[0] as number) && hasChecksum(bytes);
}

/** Whether the last two bytes are the checksum of those before. */
export function hasChecksum(bytes: Uint8Array): boolean {
  const [low, high] = bytes.subarray(-2);
  const crc = crc16(bytes.subarray(0, -2));
  return low === (crc & 0xff) && high === crc >> 8;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/** The whole bytes of a text that has only letters of the alphabet. */
export function decodeBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    value = (value << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
    value &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}
