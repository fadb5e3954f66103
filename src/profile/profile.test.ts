import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { encodeCpu } from './cpu.js';
import { encodeHeap } from './heap.js';
import { ProfileServer } from './server.js';
import { timesBetween } from './threads.js';

/** Each sample as its stack, innermost first, with its values and labels. */
function read(file: Uint8Array) {
  const profile = Profile.decode(gunzipSync(file));
  const text = (index: unknown) => profile.stringTable.strings[Number(index)] ?? '';
  const codes = new Map(profile.function.map((code) => [code.id, code]));
  const locations = new Map(profile.location.map(({ id, line }) => [id, line[0]]));
  const samples = profile.sample.map(({ locationId, value, label }) => ({
    stack: locationId.map((id) => {
      const line = locations.get(id);
      const code = codes.get(line?.functionId ?? 0);
      return `${text(code?.name)} ${text(code?.filename)}:${line?.line}`.trim();
    }),
    values: value.map(Number),
    labels: label.map(({ key, str }) => `${text(key)}=${text(str)}`),
  }));
  return { types: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`), samples, profile };
}

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });

describe('a CPU profile', () => {
  const nodes = [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(program)') },
    { id: 4, callFrame: frame('main', 'file:///a.js', 9), children: [5] },
    { id: 5, callFrame: frame('', 'node:net', 4) },
  ];

  it('has the calls of the main thread, and other threads as a whole', async () => {
    const thread = (id: number, name: string, nanoseconds: number) => ({ id, name, nanoseconds });
    const file = await encodeCpu(
      { nodes, samples: [2, 5, 5, 4, 2, 3], timeDeltas: [100, 200, 300, 400, 500, 600] },
      {
        before: [thread(7, 'nt-reactor-0', 1e6), thread(8, 'idle', 5)],
        after: [thread(7, 'nt-reactor-0', 9e6), thread(8, 'idle', 5), thread(9, 'late', 2e6)],
        startMs: 1_795_224_000_000,
        durationMs: 12,
      },
    );
    const { types, samples, profile } = read(file);
    expect(types).toEqual(['samples/count', 'cpu/nanoseconds']);
    expect(samples).toHaveLength(5);
    expect(samples).toEqual(
      expect.arrayContaining([
        { stack: ['(anonymous) node:net:5', 'main /a.js:10'], values: [2, 500_000], labels: ['thread=main'] },
        { stack: ['main /a.js:10'], values: [1, 400_000], labels: ['thread=main'] },
        { stack: ['(program) :0'], values: [1, 600_000], labels: ['thread=main'] },
        { stack: ['[thread nt-reactor-0] :0'], values: [4, 8e6], labels: ['thread=nt-reactor-0'] },
        { stack: ['[thread late] :0'], values: [1, 2e6], labels: ['thread=late'] },
      ]),
    );
    expect([Number(profile.timeNanos), Number(profile.durationNanos)]).toEqual([1_795_224_000_000 * 1e6, 12e6]);
    expect(profile.mapping[0]?.hasFunctions).toBe(true);
  });

  it('accepts a profile without samples, and very deep calls', async () => {
    const span = { before: [], after: [], startMs: 0, durationMs: 0 };
    expect(read(await encodeCpu({ nodes: [] }, span)).samples).toEqual([]);
    const deep = Array.from({ length: 20_000 }, (_, id) => ({ id, callFrame: frame('f'), children: [id + 1] }));
    const { samples } = read(await encodeCpu({ nodes: deep, samples: [9999], timeDeltas: [7] }, span));
    expect(samples.map(({ stack, values }) => [stack.length, values])).toEqual([[10_000, [1, 7000]]]);
  });
});

it('threads of one name are added up', () => {
  const thread = (id: number, nanoseconds: number) => ({ id, name: 'worker', nanoseconds });
  expect([...timesBetween([thread(1, 5), thread(2, 5)], [thread(1, 7), thread(3, 4)])]).toEqual([['worker', 6]]);
});

it('a heap profile has the allocating calls, and the rest', async () => {
  const head = {
    callFrame: frame('(root)'),
    selfSize: 5,
    children: [
      {
        callFrame: frame('load', 'file:///b.js', 0),
        selfSize: 0,
        children: [{ callFrame: frame('read', 'file:///b.js', 4), selfSize: 700, children: [] }],
      },
    ],
  };
  const { types, samples } = read(await encodeHeap(head, { rss: 5000, heapTotal: 2000, heapUsed: 1500 }));
  expect(types).toEqual(['inuse_space/bytes']);
  expect(samples).toEqual([
    { stack: ['read /b.js:5', 'load /b.js:1'], values: [700], labels: [] },
    { stack: ['[JavaScript heap: not sampled] :0'], values: [800], labels: [] },
    { stack: ['[JavaScript heap: free] :0'], values: [500], labels: [] },
    { stack: ['[outside the JavaScript heap] :0'], values: [3000], labels: [] },
  ]);
});

const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe('the listener', () => {
  it('serves what it lists, of this process', async () => {
    const server = await ProfileServer.listen('127.0.0.1', 0);
    const base = `http://127.0.0.1:${server.port}/debug/pprof/`;
    try {
      const page = await (await fetch(base)).text();
      const links = [...page.matchAll(/href="(.*?)"/g)].map(([, path]) => path);
      expect(links).toEqual(['profile', 'heap', 'cmdline']);
      expect(await (await fetch(`${base}cmdline`)).text()).toContain(`${process.argv[0]}\0`);

      const heap = await fetch(`${base}heap?gc=1`);
      expect(heap.headers.get('content-disposition')).toBe('attachment; filename="heap"');
      expect(read(await bytes(heap)).samples.length).toBeGreaterThan(0);
      const cpu = await fetch(`${base}profile?seconds=0.05`);
      expect(cpu.headers.get('content-type')).toBe('application/octet-stream');
      expect(read(await bytes(cpu)).types).toEqual(['samples/count', 'cpu/nanoseconds']);
      for (const [path, status] of [
        ['nope', 404],
        ['../vars', 200],
        ['profile?seconds=601', 400],
      ] as const) {
        expect((await fetch(base + path)).status, path).toBe(status);
      }
    } finally {
      await server.close();
    }
  });

  it('takes one CPU profile at a time, and ends it with its listener', async () => {
    const server = await ProfileServer.listen('127.0.0.1', 0);
    const base = `http://127.0.0.1:${server.port}/debug/pprof/profile`;
    // The one that comes second is refused at once.
    const asked = [fetch(`${base}?seconds=500`), fetch(`${base}?seconds=500`)];
    const refused = await Promise.race(asked);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('already in use');
    await server.close();
    const ends = await Promise.allSettled(asked);
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    // The next profile is taken again.
    const next = await ProfileServer.listen('127.0.0.1', 0);
    const { status } = await fetch(`http://127.0.0.1:${next.port}/debug/pprof/profile?seconds=0.01`);
    await next.close();
    expect(status).toBe(200);
  });

  it("rejects with the system's error when the port is in use", async () => {
    const one = await ProfileServer.listen('127.0.0.1', 0);
    await expect(ProfileServer.listen('127.0.0.1', one.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await one.close();
  });
});
