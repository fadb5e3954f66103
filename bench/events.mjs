/**
 * `npm run bench:events [-- --connects N --rounds N]`: what the events of the system account cost a storm of connects, in
 * alternating rounds without and with a client that listens to `$SYS.ACCOUNT.>`, and whether it hears of all of them. For
 * this broker and, where there is one, nats-server. Prints medians.
 *
 * Owns the processes that it starts; everything stays on loopback.
 */
import { prepare } from '../scripts/lib/prepare.mjs';
import { main, StepFailed } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { natsBench } from './lib/command.mjs';
import { startCounter } from './lib/counter.mjs';
import { numberFlags } from './lib/flags.mjs';
import { startServer } from './lib/server.mjs';
import { sideBySide } from './lib/side-by-side.mjs';

const CONFIG = `
  accounts {
    APP { users: [ { user: app, password: p } ] }
    SYS { users: [ { user: sys, password: p } ] }
  }
  system_account: SYS\n`;
/** How long the last events may take. */
const EVENTS_MS = 20_000;

await main(async () => {
  const flags = numberFlags({ connects: 10_000, rounds: 5 });
  await prepare(toRun);
  await sideBySide(CONFIG, async (servers) => {
    print(['', 'connects/s', 'with listener', 'slower', 'CPU us', 'with listener', 'events heard']);
    for (const [name, command] of Object.entries(servers)) report(name, await measure(command, flags));
  });
});

async function measure(command, { connects, rounds }) {
  const server = await startServer(command);
  try {
    const [without, withListener] = [[], []];
    // The first storm after a start is slower than all later ones.
    await storm(server, connects);
    for (let round = 0; round < rounds; round += 1) {
      without.push(await storm(server, connects));
      withListener.push(await heardStorm(server, connects));
    }
    return { without, withListener };
  } finally {
    await server.stop();
  }
}

/** CPU: of the server, until all connections are closed. */
async function storm(server, connects) {
  const before = server.cpuSeconds();
  const load = ['conns', '--clients', `${connects}`, '-s', `nats://app:p@127.0.0.1:${server.port}`, '--no-progress'];
  const { code, file, text } = await natsBench(load, { show: false });
  const rate = file?.runs[0]?.connectsPerSecond;
  if (code !== 0 || !rate) throw new StepFailed(`nats-bench ended with ${code}:\n${text}`);
  return { rate, cpu: (server.cpuSeconds() - before) / connects };
}

async function heardStorm(server, connects) {
  const listener = await startCounter('event-listener.mjs', [server.port], 'the listener');
  try {
    const result = await storm(server, connects);
    const end = performance.now() + EVENTS_MS;
    let heard = await listener.counts();
    while ((heard.connects < connects || heard.disconnects < connects) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      heard = await listener.counts();
    }
    return { ...result, events: heard.connects + heard.disconnects, expected: 2 * connects };
  } finally {
    await listener.stop();
  }
}

function report(name, { without, withListener }) {
  const [plain, heard] = [median(without, 'rate'), median(withListener, 'rate')];
  const cpu = [without, withListener].map((rounds) => (1e6 * median(rounds, 'cpu')).toFixed(1));
  const fewest = Math.min(...withListener.map(({ events }) => events));
  const events = `${whole(fewest)} of ${whole(withListener[0].expected)}`;
  print([name, whole(plain), whole(heard), `${(100 * (1 - heard / plain)).toFixed(1)} %`, ...cpu, events]);
}

function median(rounds, field) {
  const sorted = rounds.map((round) => round[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function whole(value) {
  return Math.round(value).toLocaleString('en');
}

function print([name, ...figures]) {
  console.log(`${name.padEnd(12)}${figures.map((figure) => figure.padStart(18)).join('')}`);
}
