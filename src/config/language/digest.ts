/**
 * The digest of a configuration: SHA-256 over its tree as JSON, written exactly as Go writes it (sorted keys, HTML
 * characters escaped, a newline at the end). Equal for files that say the same in other words.
 */

import { createHash } from 'node:crypto';
import type { ConfigMap, ConfigNode, ConfigValue } from './nodes.js';

/** `sha256:` and 64 hexadecimal digits. */
export function digest(root: ConfigMap): string {
  const json = `${encode(root)}\n`;
  return `sha256:${createHash('sha256').update(json, 'utf8').digest('hex')}`;
}

function encode(value: ConfigValue): string {
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return `"${value.toISOString().slice(0, 19)}Z"`;
  return Array.isArray(value) ? encodeArray(value) : encodeMap(value);
}

function encodeArray(nodes: readonly ConfigNode[]): string {
  let text = '[';
  for (const { value } of nodes) text += `${text === '[' ? '' : ','}${encode(value)}`;
  return `${text}]`;
}

function encodeMap(map: ConfigMap): string {
  let text = '{';
  for (const name of sorted(map)) {
    text += `${text === '{' ? '' : ','}${encodeString(name)}:${encode((map.get(name) as ConfigNode).value)}`;
  }
  return `${text}}`;
}

/** By their bytes in UTF-8, as Go sorts. The order of UTF-16 differs only where there are surrogates. */
function sorted(map: ConfigMap): string[] {
  const names = [...map.keys()];
  if (names.length < 2) return names;
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareBytes) : names.sort();
}

function compareBytes(one: string, other: string): number {
  return Buffer.from(one).compare(Buffer.from(other));
}

const SURROGATE = /[\ud800-\udfff]/;

/** Nothing in it is escaped. Most texts are like that. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/;

const SHORT = new Set(['\b', '\f', '\n', '\r', '\t', '"', '\\']);

function encodeString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  const escaped = text.replace(/[\x00-\x1f"\\<>&\u2028\u2029]/g, (character) => {
    if (SHORT.has(character)) return JSON.stringify(character).slice(1, -1);
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  // Lone surrogates stand for bytes that are not UTF-8.
  return `"${escaped.replace(/\p{Surrogate}/gu, '\\ufffd')}"`;
}
