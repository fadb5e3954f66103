/**
 * `npm run bench:monitoring [-- --seconds N --clients N --rate N]`: what reading the monitoring port without pause gives and
 * costs, for this broker and, where there is one, nats-server, each with 100 connections to it.
 *
 * First the answers per second of each path, on connections that are kept and on new ones. Then, without and with clients
 * that read all the paths: how long a login and a request to the system account take, and a publisher and a subscriber, as
 * fast as they can and at a steady rate. Logins are decided by tables, and once more by a module. Owns the processes that
 * it starts; everything stays on loopback.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepare } from '../scripts/lib/prepare.mjs';
import { root } from '../scripts/lib/root.mjs';
import { main } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { referenceServer } from './lib/command.mjs';
import { perSecond, startCounter } from './lib/counter.mjs';
import { numberFlags } from './lib/flags.mjs';
import { pair } from './lib/pair.mjs';
import { measureLogins, measureSystemRequests } from './lib/probes.mjs';
import { freePort, startServer } from './lib/server.mjs';

const PATHS = ['/healthz', '/varz', '/connz'];
const MODES = { alive: 'kept alive', anew: 'connecting anew' };
const CONNECTIONS = 100;
/** A server that was just started is slower. */
const WARM_UP_MS = 500;
/** One process could be what limits. */
const CLIENT_PROCESSES = 2;
const TABLES = `
  accounts {
    APP { users: [ { user: app, password: p } ] }
    SYS { users: [ { user: sys, password: p } ] }
  }
  system_account: SYS\n`;
const MODULE = `
  accounts { APP {}, SYS {} }
  system_account: SYS
  auth_module: "./auth.mjs"\n`;
const AUTH = `export default ({ user }) => ({ user, account: user === 'sys' ? 'SYS' : 'APP' });\n`;

await main(async () => {
  const flags = numberFlags({ seconds: 2, clients: 20, rate: 100_000 });
  await prepare(toRun);
  const folder = mkdtempSync(join(tmpdir(), 'nats-monitoring-'));
  const file = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  file('auth.mjs', AUTH);
  const tables = file('tables.conf', TABLES);
  const ours = [process.execPath, join(root, 'dist/cli/nats-turbo.js'), '-c'];
  const reference = referenceServer();
  const servers = {
    'nats-turbo': [...ours, tables],
    ...(reference ? { 'nats-server': [reference, '-c', tables] } : {}),
  };
  try {
    await reportAnswers(servers, flags);
    await reportDelays({ ...servers, auth_module: [...ours, file('module.conf', MODULE)] }, flags);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function reportAnswers(servers, flags) {
  print(['answers/s', ...Object.keys(servers).flatMap((name) => [name, 'CPU us'])]);
  const running = await Promise.all(Object.values(servers).map(start));
  try {
    for (const path of PATHS) {
      for (const mode of Object.keys(MODES)) {
        const figures = [];
        for (const server of running) {
          const { answers, cpu } = await measureAnswers(server, [path], mode, flags);
          figures.push(whole(answers), cpu === undefined ? '-' : whole(1e6 * cpu));
        }
        print([`${path}, ${MODES[mode]}`, ...figures]);
      }
    }
  } finally {
    for (const server of running) await server.stop();
  }
}

/** Answers per second, and the CPU seconds of the server for each. */
async function measureAnswers(server, paths, mode, { seconds, clients }) {
  const readers = await startReaders(server, paths, mode, clients);
  try {
    await sleep(WARM_UP_MS);
    const [before, cpuBefore] = [await readers.counts(), server.cpuSeconds()];
    await sleep(1000 * seconds);
    const [after, cpuAfter] = [await readers.counts(), server.cpuSeconds()];
    const answers = perSecond(before, after, 'answers');
    return { answers, cpu: cpuAfter && (cpuAfter - cpuBefore) / (after.answers - before.answers) };
  } finally {
    await readers.stop();
  }
}

async function reportDelays(servers, flags) {
  print([]);
  print(['beside readers', 'login p50 us', 'p99', '$SYS p50 us', 'p99', '1:1 per s', 'rate kept', 'p99 us']);
  for (const [name, command] of Object.entries(servers)) {
    const server = await start(command);
    try {
      print([`${name}, none`, ...(await measureDelays(server, flags))]);
      for (const mode of Object.keys(MODES)) {
        const readers = await startReaders(server, PATHS, mode, flags.clients);
        try {
          print([`${name}, ${MODES[mode]}`, ...(await measureDelays(server, flags))]);
        } finally {
          await readers.stop();
        }
      }
    } finally {
      await server.stop();
    }
  }
}

async function measureDelays({ port }, { seconds, rate }) {
  const login = await measureLogins(port, { user: 'app', pass: 'p' }, seconds);
  const request = await measureSystemRequests(port, { user: 'sys', pass: 'p' }, seconds);
  const url = `nats://app:p@127.0.0.1:${port}`;
  const fast = await pair(url, { seconds });
  const steady = await pair(url, { seconds, rate });
  const times = [login, request].flatMap(({ p50, p99 }) => [whole(p50), whole(p99)]);
  return [...times, whole(fast.delivered), `${((100 * steady.delivered) / rate).toFixed(0)} %`, whole(steady.p99)];
}

/** A server with connections that `/connz` can show. */
async function start(command) {
  const monitorPort = await freePort();
  const server = await startServer([...command, '-m', `${monitorPort}`]);
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => idleClient(server.port, n)));
  return {
    ...server,
    monitorPort,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    },
  };
}

async function idleClient(port, n) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const options = { verbose: false, user: 'app', pass: 'p', name: `client ${n}`, lang: 'js', version: '1.0.0' };
  socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB subject.${n} 1\r\nPING\r\n`);
  socket.setEncoding('latin1');
  for (let text = ''; !text.includes('PONG\r\n'); ) text += (await once(socket, 'data'))[0];
  socket.on('data', (text) => text.includes('PING\r\n') && socket.write('PONG\r\n'));
  return socket;
}

/** Clients in a few processes, counted as one. */
async function startReaders({ monitorPort }, paths, mode, clients) {
  const share = (n) => Math.floor((clients + n) / CLIENT_PROCESSES);
  const processes = await Promise.all(
    Array.from({ length: CLIENT_PROCESSES }, (_, n) =>
      startCounter('http-clients.mjs', [monitorPort, share(n), mode, ...paths], `the clients of ${paths}`),
    ),
  );
  return {
    async counts() {
      const all = await Promise.all(processes.map((each) => each.counts()));
      return { answers: all.reduce((sum, { answers }) => sum + answers, 0), at: all[0].at };
    },
    stop: () => Promise.all(processes.map((each) => each.stop())),
  };
}

function whole(value) {
  return Math.round(value).toLocaleString('en');
}

function print([title = '', ...figures]) {
  console.log(`${title.padEnd(28)}${figures.map((figure) => figure.padStart(13)).join('')}`);
}
