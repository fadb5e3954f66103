/**
 * `npm run bench:permissions [-- --seconds N --rounds N]`: a publisher and a subscriber (128 B) whose user may publish and
 * subscribe to anything, and others whose user has lists of what is allowed and denied, in alternating rounds on one
 * server. For this broker and, where there is one, nats-server. Prints medians: messages per second, CPU of the server for
 * each, and what the lists add.
 *
 * Owns the processes that it starts; everything stays on loopback.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/lib/prepare.mjs';
import { root } from '../scripts/lib/root.mjs';
import { main, StepFailed } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { referenceServer } from './lib/command.mjs';
import { pair } from './lib/pair.mjs';
import { startServer } from './lib/server.mjs';

const LISTS = '{ allow: ["bench.>", "orders.*.eu", "_INBOX.>"], deny: ["bench.secret.>", "orders.old.*"] }';
const CONFIG = `
  authorization { users: [
    { user: free, password: p }
    { user: bound, password: p, permissions: { publish: ${LISTS}, subscribe: ${LISTS} } }
  ] }\n`;
const USERS = ['free', 'bound'];

await main(async () => {
  const flags = readFlags();
  await prepare(toRun);
  const folder = mkdtempSync(join(tmpdir(), 'nats-permissions-'));
  const config = join(folder, 'permissions.conf');
  writeFileSync(config, CONFIG);
  const reference = referenceServer();
  const servers = { 'nats-turbo': [process.execPath, join(root, 'dist/cli/nats-turbo.js'), '-c', config] };
  if (reference) servers['nats-server'] = [reference, '-c', config];
  try {
    print(['', 'messages/s', 'with lists', 'rate', 'CPU ns', 'with lists', 'CPU']);
    for (const [name, command] of Object.entries(servers)) report(name, await measure(command, flags));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function readFlags() {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '7' } },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!(Number(value) >= 1)) throw new StepFailed(`--${name} takes a number of 1 or more`);
  }
  return { seconds: Number(values.seconds), rounds: Number(values.rounds) };
}

async function measure(command, { seconds, rounds }) {
  const server = await startServer(command);
  try {
    const results = { free: [], bound: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const user of USERS) {
        const before = server.cpuSeconds();
        const url = `nats://${user}:p@127.0.0.1:${server.port}`;
        const { delivered, messages } = await pair(url, { seconds, subject: 'bench.pair' });
        results[user].push({ rate: delivered, cpu: (server.cpuSeconds() - before) / messages });
      }
    }
    return results;
  } finally {
    await server.stop();
  }
}

function report(name, { free, bound }) {
  const figures = ['rate', 'cpu'].map((field) => [median(free, field), median(bound, field)]);
  const [rates, cpu] = figures.map(([plain, lists]) => ({
    plain,
    lists,
    change: `${lists < plain ? '' : '+'}${(100 * (lists / plain - 1)).toFixed(1)} %`,
  }));
  const whole = (value) => Math.round(value).toLocaleString('en');
  const ns = (value) => (1e9 * value).toFixed(1);
  print([name, whole(rates.plain), whole(rates.lists), rates.change, ns(cpu.plain), ns(cpu.lists), cpu.change]);
}

function median(rounds, field) {
  const sorted = rounds.map((round) => round[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function print([name, ...figures]) {
  console.log(`${name.padEnd(12)}${figures.map((figure) => figure.padStart(14)).join('')}`);
}
