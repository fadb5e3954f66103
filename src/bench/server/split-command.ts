/** Splits a command into words as a shell would, without being one: quotes and backslashes, no expansion. */
import { usage } from '../flags/parse.js';

export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else if (char === '\\' && quote === '"' && /["\\]/.test(text[at + 1] ?? '')) word += text[++at] as string;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + (char === '\\' ? (text[++at] ?? '') : char);
    }
  }
  if (quote !== undefined) throw usage(`${quote} is never closed in: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}
