import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadReport } from '../native/load-contract.js';
import { BenchError } from './errors.js';
import { benchMain } from './main.js';
import { FakeEngine, greeter, reportOf } from './testing/fakes.js';
import type { BenchFile } from './types.js';

let server: Awaited<ReturnType<typeof greeter>>;
let dir: string;
beforeEach(async () => {
  server = await greeter();
  dir = mkdtempSync(join(tmpdir(), 'nats-bench-test-'));
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Ran {
  code: number;
  out: string;
  err: string;
  engine: FakeEngine;
}

async function bench(
  argv: string[],
  answer: ConstructorParameters<typeof FakeEngine>[0] = () => reportOf(),
): Promise<Ran> {
  const engine = new FakeEngine(answer);
  let out = '';
  let err = '';
  const code = await benchMain({
    argv,
    env: {},
    out: (text) => (out += text),
    err: (text) => (err += text),
    engine: () => engine,
    onInterrupt: (stop) => {
      interrupt = stop;
      return () => {};
    },
  });
  return { code, out, err, engine };
}
let interrupt = () => {};

const lossy: Partial<LoadReport> = {
  ledgers: [{ name: 'x', expected: 1000, received: 999, lost: 1, duplicated: 0, reordered: 0, foreign: 0 }],
};

describe('exit codes', () => {
  it('0 when all is well', async () => {
    const { code, out, engine } = await bench(['pubsub', '-s', server.url]);
    expect(code).toBe(0);
    expect(out).toContain('pubsub');
    expect(engine.closed).toBe(1);
  });

  it.each<[string, Partial<LoadReport>]>([
    ['loss', lossy],
    ['an error', { errors: [{ text: 'boom', count: 1 }] }],
    ['a cut-off', { slowConsumers: 1 }],
    ['disorder', { ledgers: [{ ...(lossy.ledgers?.[0] as LoadReport['ledgers'][0]), lost: 0, reordered: 1 }] }],
    ['a duplicate', { ledgers: [{ ...(lossy.ledgers?.[0] as LoadReport['ledgers'][0]), lost: 0, duplicated: 1 }] }],
  ])('1 for %s', async (_, report) => {
    expect((await bench(['pubsub', '-s', server.url], () => reportOf(report))).code).toBe(1);
  });

  it('1 when nobody is there', async () => {
    const { code, err } = await bench(['pub', '-s', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toContain('no NATS server answers at nats://127.0.0.1:1: connection refused');
  });

  it('1 with a sentence when the server refuses', async () => {
    const { code, err } = await bench(['pub', '-s', server.url], () => {
      throw new BenchError('AUTH_REFUSED', 'not you');
    });
    expect([code, err]).toEqual([1, 'nats-bench: not you\n']);
  });

  it('2 for wrong usage, with where help is', async () => {
    for (const argv of [
      ['pubb'],
      ['pub', '--p99', '1ms'],
      ['pub', '--vs', 'ftp://x'],
      ['pub', '--size', '2MB', '-s', server.url],
    ]) {
      const { code, err } = await bench(argv);
      expect([argv[0], code]).toEqual([argv[0], 2]);
      expect(err).toContain('--help');
    }
  });
});

describe('what it writes', () => {
  it('JSON in the promised shape', async () => {
    const file = join(dir, 'out.json');
    await bench(['pubsub', '--size', '16', '-s', server.url, '--json', file]);
    const { runs, comparison } = JSON.parse(readFileSync(file, 'utf8')) as BenchFile;
    expect(comparison).toEqual([]);
    expect(runs).toHaveLength(1);
    expect(Object.keys(runs[0] ?? {})).toEqual(
      expect.arrayContaining([
        ...['verb', 'server', 'published', 'delivered', 'publishedPerSecond', 'deliveredPerSecond', 'bytesPerSecond'],
        ...['seconds', 'latencyUs', 'lost', 'duplicated', 'reordered', 'errors'],
      ]),
    );
    expect(runs[0]?.server).toMatchObject({ url: server.url, version: '2.15.2' });
  });

  it('JSON on stdout leaves the table to stderr', async () => {
    const { out, err } = await bench(['pub', '-s', server.url, '--json', '-']);
    expect((JSON.parse(out) as BenchFile).runs[0]?.verb).toBe('pub');
    expect(err).toContain('pub');
  });

  it('CSV and HTML', async () => {
    const [csv, html] = [join(dir, 'out.csv'), join(dir, 'out.html')];
    await bench(['pub', '-s', server.url, '--csv', csv, '--html', html]);
    expect(readFileSync(csv, 'utf8').trim().split('\n').length).toBe(2);
    expect(readFileSync(html, 'utf8')).toContain('<html');
  });

  it('a file that cannot be written is an error with its name', async () => {
    const { code, err } = await bench(['pub', '-s', server.url, '--json', join(dir, 'no/where')]);
    expect(code).toBe(1);
    expect(err).toContain('no/where');
  });
});

describe('where reports go', () => {
  it('is known to be there before anything is measured', async () => {
    const { code, engine } = await bench(['pub', '-s', server.url, '--csv', join(dir, 'no/where')]);
    expect([code, engine.plans.length]).toEqual([1, 0]);
    expect((await bench(['pub', '-s', server.url, '--html', dir])).err).toContain('folder');
    expect((await bench(['pub', '-s', server.url, '--html', '-', '--csv', '-'])).code).toBe(2);
  });

  it.skipIf(!existsSync('/dev/full'))('one that fails does not cost the others', async () => {
    const csv = join(dir, 'kept.csv');
    const { code, err } = await bench(['pub', '-s', server.url, '--json', '/dev/full', '--csv', csv]);
    expect([code, err]).toEqual([1, expect.stringContaining('/dev/full')]);
    expect(readFileSync(csv, 'utf8')).toContain('pub');
  });
});

describe('the runs', () => {
  it('repeats with warm-up, and gives an interval', async () => {
    const file = join(dir, 'out.json');
    const { engine } = await bench(['pub', '-s', server.url, '--repeat', '3', '--json', file]);
    expect(engine.plans).toHaveLength(3);
    expect(engine.plans.every(({ warmup }) => warmup?.ms === 500)).toBe(true);
    const { runs } = JSON.parse(readFileSync(file, 'utf8')) as BenchFile;
    expect(runs[0]?.spread.publishedPerSecond).toMatchObject({ n: 3, mean: 500 });
  });

  it('one run sends what --msgs says and no more', async () => {
    const { engine } = await bench(['pub', '-s', server.url, '--msgs', '5']);
    expect(engine.plans[0]?.warmup).toBeUndefined();
  });

  it('compares two servers in alternating rounds', async () => {
    const other = await greeter();
    try {
      const file = join(dir, 'out.json');
      const { engine, code } = await bench(['pubsub', '-s', server.url, '--vs', other.url, '--json', file]);
      const [a, b] = [server.url, other.url].map((url) => url.slice('nats://'.length));
      expect(engine.plans.map(({ servers }) => servers[0])).toEqual([a, b, b, a, a, b]);
      const { comparison, runs } = JSON.parse(readFileSync(file, 'utf8')) as BenchFile;
      expect(comparison).toMatchObject([{ a: 500, b: 500, ratio: 1, spread: { low: 1, high: 1 } }]);
      expect(runs.map(({ server }) => server.side)).toEqual(['a', 'b']);
      expect(code).toBe(0);
    } finally {
      await other.close();
    }
  });

  it('goes on with one server when the other fails', async () => {
    const other = await greeter();
    try {
      const file = join(dir, 'out.json');
      const port = other.url.split(':').at(-1) as string;
      const { engine, code, err } = await bench(
        ['pubsub', '-s', server.url, '--vs', other.url, '--json', file],
        (plan) => {
          if (plan.servers[0]?.endsWith(port)) throw new BenchError('LOAD', 'it broke');
          return reportOf();
        },
      );
      expect(engine.plans).toHaveLength(4);
      expect([code, err]).toEqual([1, 'nats-bench: pubsub 1:1 128 B: it broke\n']);
      const { comparison, runs } = JSON.parse(readFileSync(file, 'utf8')) as BenchFile;
      expect(comparison).toMatchObject([{ a: 500, failed: 'it broke' }]);
      expect(runs[0]?.repeats).toHaveLength(3);
    } finally {
      await other.close();
    }
  });

  it('a suite goes on after a row that failed, and says so', async () => {
    const { engine, code, err } = await bench(['--suite', 'core', '--duration', '10ms', '-s', server.url], (plan) => {
      if (plan.clients.some(({ role }) => role === 'idle')) throw new BenchError('LOAD', 'too many files');
      return reportOf();
    });
    expect(engine.plans).toHaveLength(13);
    expect(engine.plans.filter(({ measureMs }) => measureMs === 10)).toHaveLength(12);
    expect([code, err]).toEqual([1, 'nats-bench: idle connections: too many files\n']);
  });

  it('a suite can be cut down to rows', async () => {
    const { engine } = await bench(['--suite', 'core', '--rows', '1:1 16 B,pub 16 B', '-s', server.url]);
    expect(engine.plans).toHaveLength(2);
    expect((await bench(['--suite', 'core', '--rows', 'nope', '-s', server.url])).code).toBe(2);
  });

  it('Ctrl-C ends the run and still reports', async () => {
    const { out, engine, code } = await bench(['pub', '-s', server.url, '--repeat', '5'], (_, { signal }) => {
      interrupt();
      return reportOf({ stopped: signal?.aborted ?? false });
    });
    expect(engine.plans).toHaveLength(1);
    expect(out).toContain('pub');
    expect(code).toBe(130);
  });

  it('Ctrl-C does not hide what was wrong before, and is the regular end of work without one', async () => {
    const interrupted = (args: string[], report: Partial<LoadReport>) =>
      bench([...args, '-s', server.url], () => {
        interrupt();
        return reportOf({ stopped: true, ...report });
      });
    expect((await interrupted(['pubsub'], { errors: [{ text: 'boom', count: 1 }] })).code).toBe(1);
    expect((await interrupted(['sub'], {})).code).toBe(0);
    expect((await interrupted(['sub', '--msgs', '5'], {})).code).toBe(130);
    expect((await interrupted(['pubsub', '--find-max'], {})).code).toBe(130);
  });

  it('--find-max raises the rate until the bound breaks', async () => {
    const file = join(dir, 'out.json');
    const { engine, code } = await bench(
      ['pubsub', '-s', server.url, '--find-max', '--p99', '2ms', '--rate', '1k', '--json', file],
      (plan) => {
        const sender = plan.clients[0];
        const rate = sender && 'rate' in sender ? (sender.rate ?? 0) : 0;
        const ns = rate > 5000 ? 3e6 : 1e6;
        const latency = { count: 10, minNs: ns, maxNs: ns, meanNs: ns, counts: [[ns, 10] as [number, number]] };
        return reportOf({ published: rate, delivered: rate, seconds: 1, latency });
      },
    );
    const { sweep, runs } = JSON.parse(readFileSync(file, 'utf8')) as BenchFile;
    expect(code).toBe(0);
    expect(sweep).toMatchObject({ percentile: 'p99', boundUs: 2000 });
    expect(sweep?.maxPerSecond).toBeGreaterThan(4500);
    expect(sweep?.maxPerSecond).toBeLessThanOrEqual(5000);
    expect(runs[0]?.latencyUs?.p99).toBe(1000);
    expect(engine.plans.every(({ measureMs }) => measureMs === 2000)).toBe(true);
  });

  it('--find-max fails where no rate keeps the bound, and wants to be able to measure', async () => {
    const latency = { count: 1, minNs: 9e6, maxNs: 9e6, meanNs: 9e6, counts: [[9e6, 1] as [number, number]] };
    const args = ['pubsub', '-s', server.url, '--find-max', '--rate', '2'];
    expect((await bench(args, () => reportOf({ latency }))).code).toBe(1);
    const { code, engine } = await bench([...args, '--size', '8']);
    expect([code, engine.plans.length]).toEqual([2, 0]);
  });

  it('reads a scenario', async () => {
    const file = join(dir, 'shop.bench');
    writeFileSync(file, 'pubsub --pub 2 --sub 2\nrequest\n');
    const { engine } = await bench(['mixed', file, '-s', server.url, '--duration', '1s']);
    expect(engine.plans[0]?.clients.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['publisher', 'subscriber', 'requester', 'responder']),
    );
    expect((await bench(['mixed', join(dir, 'none'), '-s', server.url])).err).toContain("can't be read");
  });

  it('hands credentials and certificates on', async () => {
    const creds = join(dir, 'a.creds');
    const seed = `SU${'A'.repeat(56)}`;
    writeFileSync(
      creds,
      `-----BEGIN NATS USER JWT-----\nabc.def\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
    const nkey = join(dir, 'a.nk');
    writeFileSync(nkey, `${seed}\n`);
    const host = server.url.slice('nats://'.length);
    const planOf = async (argv: string[]) => (await bench(['pub', ...argv])).engine.plans[0];
    expect((await planOf(['-s', `nats://u:p%40@${host}`]))?.credentials).toEqual({ user: 'u', password: 'p@' });
    expect((await planOf(['-s', `nats://tok@${host}`]))?.credentials).toEqual({ token: 'tok' });
    expect((await planOf(['-s', host, '--token', 't']))?.credentials).toEqual({ token: 't' });
    expect((await planOf(['-s', host, '--user', 'u', '--password', 'p']))?.credentials).toMatchObject({ user: 'u' });
    expect((await planOf(['-s', host, '--creds', creds]))?.credentials).toEqual({ jwt: 'abc.def', nkeySeed: seed });
    expect((await planOf(['-s', host, '--nkey', nkey]))?.credentials).toEqual({ nkeySeed: seed });
    expect((await planOf(['-s', host, '--tlsinsecure', '--tlsca', nkey]))?.tls).toEqual({
      ca: `${seed}\n`,
      insecure: true,
    });
    expect((await bench(['pub', '-s', host, '--creds', nkey])).err).toContain('is no credentials file');
  });

  it('says when the server has no JetStream', async () => {
    const { code, err } = await bench(['js', 'pub', 'async', '-s', server.url]);
    expect(code).toBe(1);
    expect(err).toContain('JetStream is not enabled');
  });
});

it('a server that is not there is told before the other is measured', async () => {
  const { code, err, engine } = await bench(['pubsub', '-s', server.url, '--vs', 'nats://127.0.0.1:1']);
  expect([code, engine.plans.length]).toEqual([1, 0]);
  expect(err).toContain('nats://127.0.0.1:1: connection refused');
});

describe('--spawn', () => {
  const program = `
    const [port, dir] = process.argv.slice(1);
    require('node:net').createServer((s) => { s.on('error', () => {}); s.write('INFO {"version":"9.9.9","go":"go1"}\\r\\n'); })
      .listen(Number(port), '127.0.0.1');
  `;

  it('starts a server for each run, finds its process and ends it', async () => {
    const file = join(dir, 'server.cjs');
    writeFileSync(file, program.replace('slice(1)', 'slice(2)'));
    const pids: (number | undefined)[] = [];
    const { code, engine } = await bench(
      ['pub', '--repeat', '2', '--spawn', `${process.execPath} ${file} {port} {dir}`],
      (plan) => {
        pids.push(plan.watchPid);
        return reportOf();
      },
    );
    expect(code).toBe(0);
    expect(new Set(pids).size).toBe(2);
    // Reports group by address: it stays the same.
    expect(new Set(engine.plans.map(({ servers }) => servers[0])).size).toBe(1);
    for (const pid of pids) expect(() => process.kill(pid as number, 0)).toThrow();
  });

  it('shows the log of a server that does not start', async () => {
    const { code, err } = await bench([
      'pub',
      '--spawn',
      `${process.execPath} -e "console.error('no luck'); process.exit(3)" {port}`,
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/ended with code 3\n.*no luck/s);
  });

  it('shows what a server said first, however much it said then', async () => {
    const talk = "console.error('no luck'); console.error('x'.repeat(9999)); process.exit(3)";
    const { err } = await bench(['pub', '--spawn', `${process.execPath} -e "${talk}" {port}`]);
    expect(err).toContain('no luck');
    expect(err.length).toBeLessThan(3000);
  });

  it('wants {port}, and at most two servers', async () => {
    expect((await bench(['pub', '--spawn', 'nats-server'])).err).toContain('{port}');
    expect((await bench(['pub', '--spawn', 'a {port}', '--spawn', 'b {port}', '--vs', 'x'])).code).toBe(2);
  });
});
