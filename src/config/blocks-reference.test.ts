/**
 * The names in the descriptions of blocks, judged by the reference server's own check: it calls none of them unknown,
 * and a made-up name is unknown to both.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from './errors.js';
import { loadConfigText } from './load.js';
import { OPTIONS } from './schema.js';
import type { OptionSpec } from './spec.js';
import { referenceServer } from './testing/reference.js';
import type { BlockType, ValueType } from './value-type.js';

const MADE_UP = 'zz_made_up';
/** Where the reference has another error for such a name, or none. */
const OTHER_WORDS: Record<string, RegExp> = {
  CertificateOptions: /error parsing certificates config: unsupported type/,
  OcspOptions: /error parsing ocsp config: unsupported field/,
  LatencyOptions: /Latency subject required, but missing/,
  ResolverOptions: /error parsing account resolver/,
  LeafMigrateOptions: /is valid/,
};

type Place = readonly [block: BlockType, around: (inner: string) => string];

/** Every block of the table once, with what has to stand around one. */
function placesOf(): Map<string, Place> {
  const found = new Map<string, Place>();
  const visit = (type: ValueType, around: (inner: string) => string): void => {
    if (type.kind === 'list') visit(type.of, (inner) => around(`[ ${inner} ]`));
    else if (type.kind === 'map') visit(type.of, (inner) => around(`{ x: ${inner} }`));
    else if (type.kind === 'either') for (const one of type.of) visit(one, around);
    if (type.kind !== 'block' || found.has(type.name)) return;
    found.set(type.name, [type, around]);
    for (const { name, type: inner } of type.fields) visit(inner, (text) => around(`{ ${name}: ${text} }`));
  };
  for (const { name, type } of OPTIONS as readonly OptionSpec[]) visit(type, (inner) => `${name}: ${inner}`);
  return found;
}

/** A value of this type; what it says does not matter. */
function sampleOf(type: ValueType): string {
  switch (type.kind) {
    case 'bool':
      return 'true';
    case 'int':
    case 'port':
    case 'size':
      return '7';
    case 'duration':
      return '"4s"';
    case 'list':
      return `[${sampleOf(type.of)}]`;
    case 'map':
      return `{ a: ${sampleOf(type.of)} }`;
    case 'either':
      return sampleOf(type.of[0] as ValueType);
    case 'block':
      return '{}';
    case 'choice':
      return type.values[0] ?? '';
    default:
      return '"127.0.0.1:4333"';
  }
}

/** Options that only this server has. */
const OURS = new Set(['failed_login_delay']);

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'blocks-reference-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('2.3 2.4 2.5 2.6 the names in blocks', () => {
  test.for([...placesOf()])('%s', ([name, [block, around]], ctx) => {
    expect(ours(around(`{ ${MADE_UP}: 1 }`))).toContain(`"${MADE_UP}"`);
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    const fields = block.fields.filter((field) => !OURS.has(field.name));
    const spellings = fields.flatMap(({ name, aliases = [], type }) =>
      [name, ...aliases].map((spelling) => `${spelling}: ${sampleOf(type)}`),
    );
    expect(theirs(server, around(`{\n${spellings.join('\n')}\n}`))).not.toMatch(/unknown field/i);
    const madeUp = OTHER_WORDS[name] ?? new RegExp(`unknown field[^"]*"${MADE_UP}"`, 'i');
    expect(theirs(server, around(`{ ${MADE_UP}: 1 }`))).toMatch(madeUp);
  });
});

/** Values in all their forms, which the reference takes. */
const ACCEPTED = [
  'jetstream: true',
  'jetstream: enabled',
  'jetstream { store_dir: "DIR", max_mem: "64M", max_file: 1GB, sync: always, limits { batch { timeout: 5s } } }',
  'jetstream { enabled: false, sync_interval: "2m", max_buffered_size: 1MB, max_buffered_msgs: 5 }',
  'cluster { name: c, listen: "127.0.0.1:-1", routes: ["nats://u:p@127.0.0.1:1"], compression: on, pool_size: -1 }',
  'cluster { port: -1, compression { mode: s2_auto, rtt_thresholds: [10ms, 20ms] }, accounts: [A] }\naccounts { A {} }',
  'cluster { listen: 6222, authorization { user: a, pass: b, timeout: 1.5 }, permissions { import: a, export: [b] } }',
  'gateway { name: g, port: -1, gateways: [ { name: h, url: "nats://127.0.0.1:1" }, { name: i, urls: ["nats://x:1"] } ] }',
  'leafnodes { listen: "127.0.0.1:-1", authorization { users: [ { user: a, pass: b, account: A } ] } }\naccounts: [A]',
  'leaf { remotes: [ { url: "nats://127.0.0.1:1", deny_imports: [a], js_cluster_migrate: true, compression: off } ] }',
  'leafnodes { remotes: [ { urls: ["nats://x:1"], js_cluster_migrate { leader_migrate_delay: 5s } } ], reconnect: 2 }',
  'websocket { port: -1, no_tls: true, allowed_origins: "http://a.example", handshake_timeout: 2, headers { a: b } }',
  'ws { port: -1, no_tls: true, origins: ["http://a.example"], authorization { token: t, timeout: "2s" } }',
  'mqtt { port: -1, ack_wait: "10s", max_inflight: 5, authorization { user: a, pass: b } }',
  'accounts: [A, B]',
  `accounts {
    A { users: [ { user: a, password: b } ], exports: [ { stream: "s.>" }, { service: q, accounts: [B],
      latency { subject: l, sampling: "50%" }, threshold: "1s" }, { service: r, response: stream } ], jetstream: enabled,
      mappings { m: n, o: [ { dest: p, weight: "20%" }, { destination: r, weight: 30 } ] }, limits { max_conn: 5 } }
    B { imports: [ { stream { account: A, subject: "s.>" }, prefix: x } ], msg_trace: t, jetstream { max_mem: 1MB } }
  }`,
  'mappings { a: b, c: { dest: d, weight: 100 } }',
  'proxies { trusted: [ { key: "UCARKS2E3KVB7YORL2DG34XLT7PUCOL2SVM7YXV6ETHLW6Z46UUJ2VZ3" } ] }',
  'ocsp { mode: always, url: "http://x" }',
  'ocsp: true\nocsp_cache { type: local, local_store: "DIR", save_interval: 60 }',
];

describe('2.3 what the reference accepts in blocks', () => {
  test.for(ACCEPTED)('%s', (written, ctx) => {
    const text = written.replaceAll('DIR', dir);
    expect(ours(text)).toBe('no error');
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    // What it thinks of the certificates, keys and servers that are named is another matter.
    expect(theirs(server, text)).not.toMatch(/unknown field|unsupported|wrong type|expected/i);
  });
});

function ours(text: string): string {
  try {
    loadConfigText(text, 'F', { env: {}, allowUnsupported: true });
    return 'no error';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function theirs(binary: string, text: string): string {
  const file = join(dir, 'c.conf');
  writeFileSync(file, text);
  return spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8' }).stderr;
}
