/**
 * `npm run bench:startup [-- --rounds N] [--busy] [--beside FILE]`: the time from spawn to the first PONG, beside the time
 * that `node -e 0` takes from spawn to exit. Each round measures one of each, in turn; what is compared is their ratio, so
 * that other load on the machine counts for both.
 *
 * `--busy` keeps every core busy meanwhile; `--beside` adds the `nats-turbo.js` of another build. CPU time is read from
 * /proc, where there is one. Owns the processes that it starts.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepare } from '../scripts/lib/prepare.mjs';
import { root } from '../scripts/lib/root.mjs';
import { main, StepFailed } from '../scripts/lib/run.mjs';
import { toRun } from '../scripts/lib/steps.mjs';
import { freePort } from './lib/server.mjs';

/** What the first PONG may take: so many times `node -e 0`, and so much on top. */
const TARGET = { factor: 1.5, plusMs: 20 };
const GIVE_UP_MS = 60_000;

await main(async () => {
  const { rounds, busy, beside } = readFlags();
  await prepare(toRun);
  const subjects = [
    { name: 'node -e 0', measure: measureNode },
    { name: 'nats-turbo', measure: () => measureBroker(join(root, 'dist/cli/nats-turbo.js')) },
    ...beside.map((file) => ({ name: file, measure: () => measureBroker(file) })),
  ];
  const load = busy ? Array.from({ length: availableParallelism() }, () => start(['-e', 'for (;;);'])) : [];
  try {
    report(await alternate(subjects, rounds));
  } finally {
    for (const child of load) child.kill('SIGKILL');
  }
});

function readFlags() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '21' },
      busy: { type: 'boolean', default: false },
      beside: { type: 'string', multiple: true, default: [] },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new StepFailed('--rounds takes a number of 1 or more');
  return { ...values, rounds };
}

/** The first round warms the caches of the machine and counts for nothing. */
async function alternate(subjects, rounds) {
  const rows = subjects.map(({ name }) => ({ name, wallMs: [], cpuMs: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { measure }] of subjects.entries()) {
      const { wallMs, cpuMs } = await measure();
      if (round === 0) continue;
      rows[index].wallMs.push(wallMs);
      rows[index].cpuMs.push(cpuMs);
    }
  }
  return rows;
}

async function measureNode() {
  const cpuBefore = cpuOfEndedChildren();
  const startedAt = performance.now();
  await ended(start(['-e', '0']));
  return { wallMs: performance.now() - startedAt, cpuMs: cpuOfEndedChildren() - cpuBefore };
}

async function measureBroker(file) {
  const port = await freePort();
  const startedAt = performance.now();
  const child = start([file, '-a', '127.0.0.1', '-p', String(port)]);
  const end = ended(child);
  try {
    await firstPong(port, child);
    return { wallMs: performance.now() - startedAt, cpuMs: cpuOf(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await end;
  }
}

function start(args) {
  return spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
}

function ended(child) {
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
}

/** Tries again and again, as a client does that waits for its server. */
async function firstPong(port, child) {
  const deadline = performance.now() + GIVE_UP_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new StepFailed('the broker did not start');
    await pause(1);
  }
}

function answers(port) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const done = (pong) => {
      socket.destroy();
      resolve(pong);
    };
    socket.once('connect', () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.includes('PONG\r\n')) done(true);
    });
    socket.once('error', () => done(false)).once('close', () => done(false));
  });
}

/** The CPU time that a running process has used, by all its threads; NaN where the system does not say. */
function cpuOf(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const times = tasks.map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** In hundredths of a second, so only the mean of many rounds says something. */
function cpuOfEndedChildren() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // The name of the process may hold spaces; it ends with the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return Number.NaN;
  }
}

function report(rows) {
  const [base, ...servers] = rows.map(({ name, wallMs, cpuMs }) => ({
    name,
    wall: median(wallMs),
    cpu: cpuMs.reduce((sum, one) => sum + one, 0) / cpuMs.length,
  }));
  const line = (cells) =>
    `${cells[0].padEnd(24)} ${cells
      .slice(1)
      .map((cell) => cell.padStart(12))
      .join(' ')}\n`;
  let text = line(['', 'wall median', 'cpu mean', 'of node', 'target']);
  text += line([base.name, ms(base.wall), ms(base.cpu), '', '']);
  const target = TARGET.factor * base.wall + TARGET.plusMs;
  for (const { name, wall, cpu } of servers) {
    const ratio = `${(wall / base.wall).toFixed(2)}x`;
    text += line([name.slice(-24), ms(wall), ms(cpu), ratio, `${ms(target)} ${wall <= target ? 'met' : 'missed'}`]);
  }
  process.stdout.write(text);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function ms(value) {
  return Number.isNaN(value) ? '-' : `${value.toFixed(0)} ms`;
}
