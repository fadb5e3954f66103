/**
 * `npm run bench:floods [-- --seconds N --rate N]`: a publisher and a subscriber at a steady rate, without and with a hostile
 * flood beside them: bad logins of a user with a bcrypt password, SUBs of new subjects in their own account, and requests
 * `$SYS.REQ.SERVER.PING.VARZ`. For this broker and, where there is one, nats-server. Prints the rate kept, latencies and
 * the speed of the flood.
 *
 * Each flood meets a new process of the server. Owns the processes that it starts; everything stays on loopback.
 */
import { prepare } from '../scripts/lib/prepare.mjs';
import { main } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { perSecond, startCounter } from './lib/counter.mjs';
import { numberFlags } from './lib/flags.mjs';
import { pair } from './lib/pair.mjs';
import { startServer } from './lib/server.mjs';
import { sideBySide } from './lib/side-by-side.mjs';

const FLOODS = { logins: 'bad logins, bcrypt', subs: 'SUBs', varz: 'requests for VARZ' };
/** No client knows its password, so its cost (11, as `passwd` writes it) is all that matters. */
const HASH = '$2a$11$W2zko751KUvVy59mUTWmpOdWjpEm5qhcCZRd05GjI/sSOT.xtiHyG';
const CONFIG = `
  accounts {
    APP { users: [ { user: app, password: p }, { user: hashed, password: "${HASH}" } ] }
    SYS { users: [ { user: sys, password: p } ] }
  }
  system_account: SYS\n`;

await main(async () => {
  const flags = numberFlags({ seconds: 5, rate: 100_000 });
  await prepare(toRun);
  await sideBySide(CONFIG, async (servers) => {
    print(['', '', 'flood/s', 'answers/s', 'rate kept', 'p50 us', 'p99 us']);
    for (const kind of Object.keys(FLOODS)) {
      for (const [name, command] of Object.entries(servers)) report(name, kind, await measure(command, kind, flags));
    }
  });
});

/** The same pair twice, on one process of the server. */
async function measure(command, kind, { seconds, rate }) {
  const server = await startServer(command);
  const measurePair = async () => {
    const { delivered, p50, p99 } = await pair(`nats://app:p@127.0.0.1:${server.port}`, { seconds, rate });
    return { kept: delivered / rate, p50, p99 };
  };
  try {
    const without = await measurePair();
    const flood = await startCounter('flood.mjs', [kind, server.port], `the flood of ${FLOODS[kind]}`);
    try {
      const before = await flood.counts();
      const during = await measurePair();
      const after = await flood.counts();
      return {
        without,
        during,
        steps: perSecond(before, after, 'steps'),
        answers: perSecond(before, after, 'answers'),
      };
    } finally {
      await flood.stop();
    }
  } finally {
    await server.stop();
  }
}

function report(name, kind, { without, during, steps, answers }) {
  const change = (show, field) => `${show(without[field])} -> ${show(during[field])}`;
  const percent = (part) => `${(100 * part).toFixed(0)} %`;
  const whole = (value) => Math.round(value).toLocaleString('en');
  const flood = [whole(steps), answers > 0 ? whole(answers) : '-'];
  print([name, FLOODS[kind], ...flood, change(percent, 'kept'), change(whole, 'p50'), change(whole, 'p99')]);
}

function print([name, flood, ...figures]) {
  console.log(
    `${name.padEnd(12)} ${flood.padEnd(20)} ${figures.map((figure, n) => figure.padStart(n < 2 ? 9 : 19)).join(' ')}`,
  );
}
