/**
 * Characters out of bytes, the way Go takes them: UTF-8, where every byte that fits nowhere is one U+FFFD.
 *
 * Works on bytes because columns are byte offsets and because the digest depends on this decoding.
 */

export interface Rune {
  code: number;
  /** Bytes it takes. */
  width: number;
}

const INVALID: Rune = { code: 0xfffd, width: 1 };

/** The character that starts at `at`, which must be inside the bytes. */
export function decodeRune(bytes: Uint8Array, at: number): Rune {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, width: 1 };
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + width > bytes.length) return INVALID;
  let code = first & (0xff >> (width + 1));
  for (let i = 1; i < width; i++) {
    const byte = bytes[at + i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return INVALID;
    code = (code << 6) | (byte & 0x3f);
  }
  const tooLong = (width === 3 && code < 0x800) || (width === 4 && code < 0x10000);
  if (tooLong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return INVALID;
  return { code, width };
}

/** Text of all the bytes. A byte that fits nowhere becomes a lone surrogate, which tells it from a written U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const { code, width } = decodeRune(bytes, at);
    const fits = width > 1 || code < 0x80;
    text += String.fromCodePoint(fits ? code : 0xdc00 + (bytes[at] ?? 0));
    at += width;
  }
  return text;
}

/** Unicode white space. */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code === 0x85 || code === 0xa0 || code === 0x1680) return true;
  if (code >= 0x2000 && code <= 0x200a) return true;
  return code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
}

/** Unicode decimal digits. */
export function isDigit(code: number): boolean {
  if (code < 0x80) return code >= 0x30 && code <= 0x39;
  return /^\p{Nd}$/u.test(String.fromCodePoint(code));
}

/** Blank or tab. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Line feed or carriage return. */
export function isNewline(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

/** Either of the two characters that may stand between key and value. */
export function isKeySeparator(code: number): boolean {
  return code === ch('=') || code === ch(':');
}

/** Whether the character is among these. The end of the text never is. */
export function isOneOf(code: number, characters: string): boolean {
  if (code === 0) return false;
  for (let at = 0; at < characters.length; at++) if (characters.charCodeAt(at) === code) return true;
  return false;
}

/** A table by bytes: 1 for ASCII characters but NUL and these. A line feed has to be one of these, for it is counted. */
export function plainBytes(others: string): Uint8Array {
  const table = new Uint8Array(256).fill(1, 1, 0x80);
  for (const character of others) table[ch(character)] = 0;
  return table;
}

/** The code of an ASCII character. */
export function ch(character: string): number {
  return character.charCodeAt(0);
}

/** A character as messages show it. */
export function shown(code: number): string {
  return code === 0x0a ? '\\n' : String.fromCodePoint(code);
}
