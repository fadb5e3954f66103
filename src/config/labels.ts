/**
 * What a server says of itself beside its name: tags, metadata and feature flags. Read from a file with the
 * reference's error texts, or checked as a library user wrote them.
 */

import { OptionsError } from './errors.js';
import { type ConfigNode, type ConfigValue, goTypeOf } from './language/nodes.js';
import type { Report } from './report.js';
import { quote } from './text.js';
import { wrongType } from './written.js';

/** Of a file: a text or a list of them; undefined with a problem reported. */
export function readTags(node: ConfigNode, report: Report): string[] | undefined {
  const { value } = node;
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return report.error(node, `error parsing tags: unsupported type ${goTypeOf(value)}`);
  const wrong = value.find((entry) => typeof entry.value !== 'string');
  if (wrong === undefined) return value.map((entry) => entry.value as string);
  return report.error(
    node,
    `error parsing tags: unsupported type ${goTypeOf(wrong.value)} where string is expected (numbers need quotes)`,
  );
}

export function readMetadata(node: ConfigNode, name: string, report: Report): Record<string, string> | undefined {
  if (!(node.value instanceof Map)) {
    return report.error(node, `error parsing metadata: unsupported type ${goTypeOf(node.value)}`);
  }
  const isText = (value: ConfigValue): value is string => typeof value === 'string';
  return readMap(node.value, isText, (key, entry) =>
    report.wrongType(entry, `${name}.${key}`, 'a string (numbers need quotes)'),
  );
}

/** Names nobody knows are kept: they may mean something to another version. */
export function readFeatureFlags(node: ConfigNode, report: Report): Record<string, boolean> | undefined {
  if (!(node.value instanceof Map)) {
    return report.error(node, `error parsing feature flags: unsupported type ${goTypeOf(node.value)}`);
  }
  const isFlag = (value: ConfigValue): value is boolean => typeof value === 'boolean';
  return readMap(node.value, isFlag, (key, entry) =>
    report.error(entry, `error parsing feature flag ${quote(key)}: expected bool, got ${goTypeOf(entry.value)}`),
  );
}

function readMap<Value>(
  map: ReadonlyMap<string, ConfigNode>,
  fits: (value: ConfigValue) => value is Value & ConfigValue,
  refuse: (key: string, entry: ConfigNode) => void,
): Record<string, Value> {
  const found: [string, Value][] = [];
  for (const [key, entry] of map) {
    if (fits(entry.value)) found.push([key, entry.value]);
    else refuse(key, entry);
  }
  // Not by assignment: a key may be called `__proto__`.
  return Object.fromEntries(found);
}

/** Lower case, without blanks around, each once, in the order written; none is the same as no tags. */
export function resolveTags(option: string, written: unknown): string[] | undefined {
  const list = typeof written === 'string' ? [written] : written;
  if (!Array.isArray(list) || list.some((tag) => typeof tag !== 'string')) {
    throw wrongType(option, 'a string, or a list of strings', written);
  }
  const tags = list.map((tag: string) => tag.trim().toLowerCase());
  const kept = [...new Set(tags.filter((tag) => tag !== ''))];
  return kept.length === 0 ? undefined : kept;
}

export function resolveMetadata(option: string, written: unknown): Record<string, string> | undefined {
  return resolveMap<string>(option, written, 'string', 'a string');
}

export function resolveFeatureFlags(option: string, written: unknown): Record<string, boolean> | undefined {
  return resolveMap<boolean>(option, written, 'boolean', 'true or false');
}

/** Sorted by key, so that what says the same is the same. */
function resolveMap<Value>(
  option: string,
  written: unknown,
  type: 'string' | 'boolean',
  expected: string,
): Record<string, Value> | undefined {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new OptionsError(option, `${option} must be an object`, `Give an object whose values are ${expected} each.`);
  }
  const entries = Object.entries(written);
  for (const [key, value] of entries) {
    if (typeof value !== type) throw wrongType(`${option}.${key}`, expected, value);
  }
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
