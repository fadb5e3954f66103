/** Small helpers for the texts of messages. */

const NAMED: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Said where a number stands in the place of a text. */
export const NUMBERS_NEED_QUOTES = ' (numbers need quotes)';

/** Control characters, and what can't be seen: formats, other blanks, private use, halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const ESCAPED = /["\\\x00-\x1f\x7f]|(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}]/gu;

/** The text in double quotes with all that can't be seen escaped, as Go's `%q` prints it. */
export function quote(text: string): string {
  return `"${text.replace(ESCAPED, escaped)}"`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return NAMED[character] ?? `\\x${hex(code, 2)}`;
  // A byte that is not UTF-8, as the language keeps it.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
