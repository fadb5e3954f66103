/** The generated pages are those the option table makes, name everything in it, and the schema judges as the broker. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../config/errors.js';
import { loadConfigText } from '../../config/load.js';
import { OPTIONS } from '../../config/schema.js';
import { COMMAND_FLAGS, dashed, OPTION_FLAGS } from '../../config/schema-flags.js';
import type { OptionSpec } from '../../config/spec.js';
import { usage } from '../../config/usage.js';
import { generatedDocs } from './index.js';
import { jsonSchema, type Schema } from './json-schema.js';

const root = resolve(import.meta.dirname, '../../..');
const rows: readonly OptionSpec[] = OPTIONS;

describe('the generated pages', () => {
  test.each(Object.entries(generatedDocs()))('%s is fresh (npm run docs makes it so)', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  const page = generatedDocs()['docs/configuration.md'] ?? '';

  test('the page names every option, alias and flag', () => {
    const names = rows.flatMap((row) => (row.inFile === false ? [] : [row.name, ...(row.aliases ?? [])]));
    const flags = [...OPTION_FLAGS, ...COMMAND_FLAGS].flatMap((flag) => flag.names.map(dashed));
    expect([...names, ...flags].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('the page has a refused option where it is refused', () => {
    const refused = page.slice(page.indexOf('## Refused until built'));
    for (const { name, support } of rows) {
      if (support === 'yes') expect(refused).not.toContain(`\n| \`${name}\``);
      else expect(refused).toContain(`| \`${name}\``);
    }
  });

  test('the help has every flag that works', () => {
    const help = usage('1', '2');
    const works = [...OPTION_FLAGS, ...COMMAND_FLAGS].filter(({ support }) => support === 'yes');
    expect(works.flatMap(({ names }) => names.map(dashed)).filter((name) => !help.includes(name))).toEqual([]);
  });

  test('every option that works has a type of its own in the schema', () => {
    const there = rows.filter(({ support, inFile }) => support === 'yes' && inFile !== false);
    const { properties } = jsonSchema() as { properties: Record<string, Schema> };
    const typed = ['type', 'enum', 'anyOf', 'allOf'];
    const untyped = there.filter(({ name }) => !typed.some((keyword) => keyword in (properties[name] ?? {})));
    expect(untyped.map(({ name }) => name)).toEqual([]);
  });
});

/** JSON configurations, and whether they are right. */
const RIGHT: readonly object[] = [
  {},
  { port: 4222, host: '0.0.0.0', server_name: 'a' },
  { net: 'h', port: -1, max_conn: 0, max_payload: 1024, logtime: false },
  { listen: 'localhost:4222', http: '[::1]:8222' },
  { listen: 4222, http: ':-1', http_base_path: '/x' },
  {
    ping_interval: '1m30s',
    write_deadline: '.5s',
    lame_duck_duration: '40s',
    write_timeout: 'retry',
    log_format: 'json',
  },
  { authorization: { user: 'a', pass: 'b', timeout: 1.5 } },
  { server_tags: ['a', 'b:c'], server_metadata: { a: 'b' }, feature_flags: { x: true }, no_sublist_cache: true },
  { server_tags: 'a', prof_port: -1 },
  { authorization: { token: 't', timeout: '3s' } },
  {
    authorization: {
      default_permissions: { publish: 'a', sub: ['b', 'c q'] },
      users: [
        { user: 'a', password: 'b', allowed_connection_types: ['STANDARD', 'MQTT_WS'] },
        { user: 'e', clients: 'WEBSOCKET' },
        {
          username: 'c',
          permissions: { pub: { allow: 'x', deny: ['y'] }, allow_responses: { max: 3, ttl: '5s' } },
        },
        { user: 'd', permission: { export: 'a', publish_allow_responses: true } },
      ],
    },
  },
];
const WRONG: readonly object[] = [
  { prot: 4222 },
  { port: '4222' },
  { port: 1.5 },
  { debug: 1 },
  { debug: 'true' },
  { max_payload: '1MB' },
  { max_payload: 3_000_000_000 },
  { max_sub_tokens: 300 },
  { max_sub_tokens: 0 },
  { listen: 'foo' },
  { listen: true },
  { server_name: 'a b' },
  { ping_interval: '5x' },
  { ping_interval: '5' },
  { lame_duck_grace_period: 5 },
  { write_timeout: 'never' },
  { log_format: 'xml' },
  { server_tags: [5] },
  { prof_port: '5' },
  { server_metadata: { a: 5 } },
  { server_metadata: 'a' },
  { feature_flags: { a: 'x' } },
  { authorization: { users: [{ user: 'a', connection_types: ['FOO'] }] } },
  { tls: {} },
  { jetstream: {} },
  { leaf: {} },
  { authorization: 5 },
  { authorization: { foo: 1 } },
  { authorization: { users: {} } },
  { authorization: { users: [{ user: 5 }] } },
  { authorization: { users: [{ user: '' }] } },
  { authorization: { users: [{ user: 'a', pasword: 'b' }] } },
  { authorization: { users: [{ user: 'a', permissions: { publsh: 'a' } }] } },
  { authorization: { users: [{ user: 'a', permissions: { publish: { foo: 'a' } } }] } },
  { authorization: { users: [{ user: 'a', permissions: { publish: 5 } }] } },
  { authorization: { users: [{ user: 'a', permissions: { allow_responses: { ttl: 5 } } }] } },
  { authorization: { timeout: '5x' } },
  { authorization: { timeout: true } },
  { authorization: { auth_callout: {} } },
];

describe('the JSON schema', () => {
  const schema = jsonSchema();

  test.each(RIGHT.map((config) => [JSON.stringify(config), config] as const))('accepts %s', (text, config) => {
    expect(brokerAccepts(text)).toBe(true);
    expect(valid(schema, config)).toBe(true);
  });

  test.each(WRONG.map((config) => [JSON.stringify(config), config] as const))('refuses %s', (text, config) => {
    expect(brokerAccepts(text)).toBe(false);
    expect(valid(schema, config)).toBe(false);
  });

  test('uses only the keywords that are judged here', () => {
    const keywords = new Set<string>();
    const visit = (node: unknown): void => {
      for (const [keyword, value] of Object.entries(node as Schema)) {
        keywords.add(keyword);
        if (keyword === 'properties' || keyword === 'definitions') Object.values(value as object).forEach(visit);
        else if (keyword === 'items' || keyword === 'not') visit(value);
        else if (keyword === 'anyOf' || keyword === 'allOf') (value as unknown[]).forEach(visit);
      }
    };
    visit(schema);
    const notes = ['$schema', 'title', 'description', 'default', 'definitions'];
    const judged = ['$ref', 'allOf', 'anyOf', 'not', 'type', 'enum', 'pattern', 'minimum', 'maximum', 'minLength'];
    const inner = ['properties', 'additionalProperties', 'items'];
    expect([...keywords].filter((word) => ![...notes, ...judged, ...inner].includes(word))).toEqual([]);
  });

  /** As much of JSON Schema as the keywords above need. */
  function valid(node: Schema, value: unknown): boolean {
    const all = (node.allOf as Schema[] | undefined)?.every((part) => valid(part, value)) ?? true;
    const any = (node.anyOf as Schema[] | undefined)?.some((part) => valid(part, value)) ?? true;
    if (!all || !any || (node.not !== undefined && valid(node.not as Schema, value))) return false;
    if (typeof node.$ref === 'string') return valid(definition(node.$ref), value);
    if (node.enum !== undefined && !(node.enum as unknown[]).includes(value)) return false;
    if (node.type !== undefined && !isType(node.type as string, value)) return false;
    if (typeof value === 'number') {
      if (value < ((node.minimum as number) ?? -Infinity) || value > ((node.maximum as number) ?? Infinity))
        return false;
    }
    if (typeof value === 'string') {
      if (node.pattern !== undefined && !new RegExp(node.pattern as string, 'u').test(value)) return false;
      if (value.length < ((node.minLength as number) ?? 0)) return false;
    }
    if (Array.isArray(value)) return value.every((item) => valid((node.items as Schema) ?? {}, item));
    if (typeof value !== 'object' || value === null) return true;
    const properties = (node.properties ?? {}) as Record<string, Schema>;
    const others = (node.additionalProperties ?? {}) as Schema | boolean;
    return Object.entries(value).every(([name, inner]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (property !== undefined) return valid(property, inner);
      return typeof others === 'boolean' ? others : valid(others, inner);
    });
  }

  function definition(ref: string): Schema {
    const name = ref.replace('#/definitions/', '');
    return (schema.definitions as Record<string, Schema>)[name] as Schema;
  }

  function isType(type: string, value: unknown): boolean {
    if (type === 'integer') return Number.isInteger(value);
    if (type === 'array') return Array.isArray(value);
    if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
    return typeof value === type;
  }
});

/** As `-t` says; the JSON text is put on one line as editors would not, which makes no difference. */
function brokerAccepts(text: string): boolean {
  if (text === '{}') return true;
  try {
    loadConfigText(text, 'F', { env: {}, checkOnly: true });
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
