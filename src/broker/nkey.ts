/**
 * Writes public keys the way NATS does: a prefix byte, 32 bytes of key and a CRC-16, in base32 without padding.
 * Encoding only; keys are made in `identity.ts`.
 */

/** First byte of a key, which becomes its first letter. */
export const NkeyPrefix = {
  /** `N`: a server. */
  server: 13 << 3,
  /** `X`: a curve key. */
  curve: 23 << 3,
} as const;

export function encodePublicKey(prefix: number, key: Uint8Array): string {
  const raw = new Uint8Array(1 + key.length + 2);
  raw[0] = prefix;
  raw.set(key, 1);
  const crc = crc16(raw.subarray(0, 1 + key.length));
  raw[raw.length - 2] = crc & 0xff;
  raw[raw.length - 1] = crc >> 8;
  return base32(raw);
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
