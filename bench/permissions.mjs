/**
 * `npm run bench:permissions [-- --seconds N --rounds N]`: a publisher and a subscriber (128 B) whose user may publish and
 * subscribe to anything, and others whose user has lists of what is allowed and denied, in alternating rounds on one
 * server. For this broker and, where there is one, nats-server. Prints medians: messages per second, CPU of the server for
 * each, and what the lists add.
 *
 * Owns the processes that it starts; everything stays on loopback.
 */
import { prepare } from '../scripts/lib/prepare.mjs';
import { main } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { numberFlags } from './lib/flags.mjs';
import { pair } from './lib/pair.mjs';
import { startServer } from './lib/server.mjs';
import { sideBySide } from './lib/side-by-side.mjs';

const LISTS = '{ allow: ["bench.>", "orders.*.eu", "_INBOX.>"], deny: ["bench.secret.>", "orders.old.*"] }';
const CONFIG = `
  authorization { users: [
    { user: free, password: p }
    { user: bound, password: p, permissions: { publish: ${LISTS}, subscribe: ${LISTS} } }
  ] }\n`;
const USERS = ['free', 'bound'];

await main(async () => {
  const flags = numberFlags({ seconds: 2, rounds: 7 });
  await prepare(toRun);
  await sideBySide(CONFIG, async (servers) => {
    print(['', 'messages/s', 'with lists', 'rate', 'CPU ns', 'with lists', 'CPU']);
    for (const [name, command] of Object.entries(servers)) report(name, await measure(command, flags));
  });
});

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
