/** The profiling port of a broker under load, as Go's own tool reads it. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { TOOL_BUILD_MS } from '../support/deadline.js';
import { pub } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

async function start(): Promise<{ server: TestServer; base: string }> {
  const server = await TestServer.start({ config: 'prof_port: -1\n', monitor: true });
  const line = await server.waitForLog(/\[INF\] profiling port: \d+$/);
  return { server, base: `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}/debug/pprof/` };
}

/** The output of `go tool pprof`. */
function pprof(dir: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PPROF_TMPDIR: dir, PPROF_NO_BROWSER: '1' };
  const child = spawn('go', ['tool', 'pprof', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`pprof ended with ${code}: ${text}`)),
    );
  });
}

const hasGo = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'go')));

/** Go compiles the tool when it is first used. */
beforeAll(async () => {
  if (hasGo) await pprof(tmpdir(), '-help');
}, TOOL_BUILD_MS);

test.skipIf(!hasGo)(
  `go tool pprof reads processor time and memory${hasGo ? '' : ' (skipped: needs go)'}`,
  { timeout: 120_000 },
  async () => {
    const { server, base } = await start();
    const client = await server.open();
    let done = false;
    const load = (async () => {
      while (!done) await client.exchange(pub('a', 'x'.repeat(100)).repeat(2000), '');
    })();
    const cpu = await pprof(server.dir, '-top', '-nodecount=200', '-nodefraction=0', `${base}profile?seconds=1`);
    const raw = await pprof(server.dir, '-raw', `${base}profile?seconds=1`);
    done = true;
    await load;
    expect(cpu).toMatch(/^Type: cpu$/m);
    expect(raw).toMatch(/^samples\/count cpu\/nanoseconds/m);
    expect(raw).toContain('thread:[main]');
    if (process.platform === 'linux') expect(cpu).toMatch(/ \[thread nt-reactor-0\]$/m);

    const heap = await pprof(server.dir, '-top', '-nodecount=2000', `${base}heap?gc=1`);
    expect(heap).toMatch(/^Type: inuse_space$/m);
    expect(heap).toContain('[outside the JavaScript heap]');
  },
);

test('the ports file names it, and the command line hides secrets', async () => {
  const { server, base } = await start();
  const name = readdirSync(server.dir).find((file) => file.endsWith('.ports')) ?? '';
  const { profile } = JSON.parse(readFileSync(join(server.dir, name), 'utf8')) as { profile: string[] };
  expect(profile).toEqual([new URL(base).origin]);
  expect(await (await fetch(`${base}cmdline`)).text()).toContain('\0-c\0');
});
