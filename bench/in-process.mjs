/**
 * `npm run bench:in-process [-- --rounds N --msgs N]`: requests of `nats-bench` answered by three responders in turn: code of
 * the broker's own process (`broker.subscribe`), `nats-bench service`, and the official Node client in a process of its own.
 * Prints medians: p50 with one request in flight, requests per second with a hundred, and how late an interval of 10 ms in
 * the broker's process fires meanwhile. Then the same for `broker.request` with `nats-bench service` answering.
 *
 * Owns the processes that it starts; everything stays on loopback.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/lib/prepare.mjs';
import { root } from '../scripts/lib/root.mjs';
import { main } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';

const bench = join(root, 'dist/cli/nats-bench.js');
const hosts = join(root, 'bench/lib/in-process-hosts.mjs');

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, msgs: { type: 'string', default: '300000' } },
});
const msgs = Number(flags.msgs);

const responders = {
  'broker.subscribe': { broker: 'responder' },
  'nats-bench service': {
    broker: 'plain',
    responder: (url) => start(bench, ['service', 'bench', '-s', url, '--duration', '1h']),
  },
  'official client': { broker: 'plain', responder: (url) => startHost('client', url) },
};

await main(async () => {
  await prepare(toRun);
  const rows = new Map();
  const note = (name, figures) => {
    const row = rows.get(name) ?? {};
    for (const [key, value] of Object.entries(figures)) row[key] = [...(row[key] ?? []), value];
    rows.set(name, row);
  };
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    for (const [name, setup] of Object.entries(responders)) note(name, await answering(setup));
    note('broker.request', await asking());
  }
  for (const [name, row] of rows) {
    const figures = Object.entries(row).map(([key, list]) => `${key} ${format(median(list))}`);
    console.log(`${name.padEnd(20)} ${figures.join('   ')}`);
  }
});

/** Load by `nats-bench`, answers by the responder of `setup`. */
async function answering(setup) {
  const broker = await startHost(setup.broker);
  const responder = await setup.responder?.(broker.url);
  try {
    await answered(broker.url);
    const one = await request(broker.url, Math.min(msgs, 20_000), 1);
    broker.child.send('reset');
    const many = await request(broker.url, msgs, 100);
    broker.child.send('lateness');
    const [{ p99 }] = await once(broker.child, 'message');
    return { 'p50 us': one.latencyUs.p50, 'requests/s': many.deliveredPerSecond, 'interval late p99 ms': p99 };
  } finally {
    responder?.child.kill('SIGKILL');
    broker.child.kill('SIGKILL');
  }
}

/** Load by `broker.request`, answers by `nats-bench service`. */
async function asking() {
  const broker = await startHost('plain');
  const responder = start(bench, ['service', 'bench', '-s', broker.url, '--duration', '1h']);
  try {
    await answered(broker.url);
    broker.child.send({ ask: Math.min(msgs, 20_000), window: 1 });
    const [one] = await once(broker.child, 'message');
    broker.child.send({ ask: msgs, window: 100 });
    const [many] = await once(broker.child, 'message');
    return { 'p50 us': one.p50, 'requests/s': many.perSecond };
  } finally {
    responder.child.kill('SIGKILL');
    broker.child.kill('SIGKILL');
  }
}

/** Waits until somebody answers. */
async function answered(url) {
  for (let left = 50; left > 0; left -= 1) {
    const result = await request(url, 1, 1);
    if (result.delivered === 1) return;
  }
  throw new Error('nobody answers');
}

async function request(url, count, window) {
  const args = ['request', 'bench', '-s', url, '--msgs', `${count}`, '--window', `${window}`, '--responders', '0'];
  const child = spawn(process.execPath, [bench, ...args, '--json', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await once(child, 'close');
  return JSON.parse(text).runs[0];
}

function start(script, args) {
  return { child: spawn(process.execPath, [script, ...args], { stdio: 'ignore' }) };
}

/** A process of in-process-hosts.mjs; `url` is where its broker listens. */
async function startHost(...args) {
  const child = spawn(process.execPath, [hosts, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ url }] = await once(child, 'message');
  return { child, url };
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

function format(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
