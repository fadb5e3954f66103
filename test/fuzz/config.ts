/**
 * Fuzzes the configuration language for a number of seconds: mutated samples must be read or refused with a
 * `ConfigError`, and reading the same text twice must say the same.
 *
 *   node dist-of-this-file.js [seconds] [seed]
 *
 * Prints executions and the seed; an input that fails is printed as JSON, and the exit status is 1.
 */

import { ConfigError, loadConfigText } from '../../src/config/index.js';

const SAMPLES = [
  'port: 4222\nhost: "0.0.0.0"\nserver_name: turbo\n',
  'listen: 127.0.0.1:4222\nhttp: localhost:8222\nmax_payload: 2MB; max_pending: 64mib\nping_interval: "2m"\n',
  'authorization {\n  timeout: 1.5\n  users: [\n    {user: a, password: b, permissions: {publish: ["x.>", y]}}\n' +
    '    {user: c, pass: d, permission: {sub: {allow: "q w", deny: z}, allow_responses: {max: 5, ttl: "1m"}}}\n  ]\n}\n',
  '{ "port": 4222, "cluster": { "routes": ["nats://a:1"] }, "jetstream": {} }',
  'X: 42\nLIST = [1, 2 , $X, [a] ]\nmap { a 1\n b { c = $LIST } }\nport: $X # comment\n// more\n',
  'text (\n  block ) of\n text\n)\nwhen: 2016-05-04T18:53:41Z\nraw: \'a\\tb\'\nesc: "\\x41\\t\\"" \nip: 10.0.0.1:1\n',
  'include "nowhere.conf"\nv: $VALUE\nw: $CYCLE\n',
];
const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  '\\',
  '$',
  ':',
  '=',
  ',',
  ';',
  '#',
  '//',
  '\n',
  '\n)\n',
  '\0',
  '-',
];
const ENV = { VALUE: '[a, {b: $NEXT}]', NEXT: '5k', CYCLE: '$CYCLE' };

const seconds = Number(process.argv[2] ?? 60);
let state = Number(process.argv[3] ?? Date.now() % 2 ** 32) >>> 0;
const seed = state;

/** mulberry32: small, seeded, good enough to pick mutations. */
function below(limit: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}

function pick<Item>(items: readonly Item[]): Item {
  return items[below(items.length)] as Item;
}

function mutate(bytes: Buffer): Buffer {
  const at = below(bytes.length + 1);
  const until = Math.min(bytes.length, at + below(20));
  switch (below(6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(TOKENS)), bytes.subarray(at)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(until)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, until), bytes.subarray(at, until), bytes.subarray(until)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(until)]);
    case 4:
      return bytes.subarray(0, at);
    default: {
      const other = Buffer.from(pick(SAMPLES));
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length))]);
    }
  }
}

function outcome(bytes: Buffer): string {
  try {
    const { options, digest } = loadConfigText(bytes, 'F', { env: ENV, allowUnsupported: true });
    return `${digest} ${JSON.stringify(options)}`;
  } catch (error) {
    if (error instanceof ConfigError && error.message !== '') return error.message;
    throw error;
  }
}

const end = Date.now() + seconds * 1000;
let executions = 0;
while (Date.now() < end) {
  let bytes: Buffer = Buffer.from(pick(SAMPLES));
  for (let left = 1 + below(8); left > 0; left--) bytes = mutate(bytes);
  try {
    const first = outcome(bytes);
    const second = outcome(bytes);
    if (first !== second) throw new Error('two readings differ');
  } catch (error) {
    console.log(`failed: ${JSON.stringify(bytes.toString('latin1'))} (latin1), seed ${seed}`);
    console.log(error);
    process.exitCode = 1;
    break;
  }
  executions++;
}
console.log(`config: ${executions} executions in ${seconds} s, seed ${seed}`);
