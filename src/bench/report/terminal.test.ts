import { describe, expect, it } from 'vitest';
import { terminalOf, width } from './ansi.js';
import { renderTable } from './terminal.js';
import { renderSweep } from './terminal-sweep.js';
import { sampleRun, sampleSuite, sampleSweep } from './testing/sample.js';

const suite = sampleSuite();
const plain = { color: false };

describe('what a terminal shows', () => {
  it('has colour on a terminal only, and NO_COLOR wins', () => {
    expect(terminalOf({ isTTY: true, columns: 90 }, {})).toEqual({ columns: 90, color: true });
    expect(terminalOf({ isTTY: true }, { NO_COLOR: '1' }).color).toBe(false);
    expect(terminalOf({ isTTY: true }, { TERM: 'dumb' }).color).toBe(false);
    expect(terminalOf({}, {})).toEqual({ columns: 120, color: false });
    expect(terminalOf({}, { FORCE_COLOR: '1' }).color).toBe(true);
    expect(terminalOf({}, { FORCE_COLOR: '1', NO_COLOR: '1' }).color).toBe(false);
  });
});

describe('renderTable', () => {
  it('tells one run in full', () => {
    expect(renderTable([sampleRun()], [], { columns: 100, ...plain })).toMatchInlineSnapshot(`
      "pubsub 1:1 16 B · nats-server 2.15.2 · nats://127.0.0.1:4222
        published  2.35 M/s ±3.9 %   37.6 MB/s   9,410,469 messages
        delivered  2.35 M/s ±3.9 %   37.6 MB/s   9,410,469 messages in 5 repeats, 4.00 s
        spread     95 % interval of the mean 2.26 M/s to 2.45 M/s   range 2.24 M/s to 2.42 M/s
        latency    min 317 µs   p50 900 µs   p90 1.30 ms   p99 1.84 ms   p99.9 12.5 ms   p99.99 19.6 ms
                   max 19.6 ms
        server     0.209 CPU s per million   peak 29.6 MiB   188 waits and 12.5 preemptions per million
        generator  0.0200 CPU s per million   1 thread
        check      ✓ every message arrived once and in order
      "
    `);
  });

  it('fits every width, whatever it shows', () => {
    const long = sampleRun({ work: 'a title that somebody wrote far longer than any terminal is wide'.repeat(3) });
    for (const columns of [50, 60, 72, 80, 100, 120, 160, 200]) {
      for (const text of [
        renderTable(suite.runs, suite.comparison, { columns, ...plain }),
        renderTable(suite.runs.slice(0, 2), suite.comparison.slice(0, 1), { columns, ...plain }),
        renderTable([long], [], { columns, ...plain }),
        renderSweep(sampleSweep(), { columns, ...plain }),
      ]) {
        for (const line of text.split('\n')) expect(width(line), `${columns}: ${line}`).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('takes no more room in colour', () => {
    const lines = (color: boolean) => renderTable(suite.runs, suite.comparison, { columns: 110, color }).split('\n');
    expect(lines(true).map(width)).toEqual(lines(false).map(width));
    expect(lines(true).join('')).toContain('\x1b[');
    expect(lines(false).join('')).not.toContain('\x1b');
  });

  it('shows every work, both servers and each ratio with its spread', () => {
    const text = renderTable(suite.runs, suite.comparison, { columns: 200, ...plain });
    for (const { work, ratio } of suite.comparison) {
      expect(text).toContain(work);
      expect(text).toContain(ratio?.toPrecision(3));
    }
    expect(text).toContain('nats-turbo 0.1.0');
    expect(text).toMatch(/~1\.0\d× +0\.\d+× – 1\.\d+×/);
    expect(text).toContain('Geometric mean of 15 rates');
  });

  it('names loss, errors and notes', () => {
    const bad = sampleRun({
      lost: 12,
      errors: 2,
      errorTexts: [{ text: 'Permissions Violation', count: 2 }],
      notes: ['the generator was at its limit'],
    });
    for (const layout of ['blocks', 'table'] as const) {
      const text = renderTable([bad], [], { layout, columns: 100, ...plain });
      expect(text).toContain('12 messages lost, 2 errors');
      expect(text).toContain('Permissions Violation');
      expect(text).toContain('the generator was at its limit');
    }
  });

  it('shows no ratio, and the right name, where one server gave nothing', () => {
    const { server } = sampleRun();
    const b = sampleRun({ server: { ...server, side: 'b', label: 'the second' } });
    const nothing = {
      work: 'x',
      verb: 'pub',
      a: null,
      b: 5000,
      ratio: null,
      spread: null,
      metrics: [],
      failed: 'gone',
    };
    for (const rows of [1, 5]) {
      const text = renderTable([b], Array(rows).fill(nothing), { columns: 120, ...plain });
      expect(text).toMatch(/comparison.* the second/);
      expect(text).toMatch(/5\.00 k\/s +–/);
      expect(text).toContain('✗ x: gone');
      expect(text).not.toContain('Above 1×');
    }
  });

  it('says which rate was asked for in open loop', () => {
    expect(renderTable([sampleRun({ targetPerSecond: 2_500_000 })], [], plain)).toContain('asked 2.50 M/s');
    expect(renderTable([sampleRun()], [], plain)).not.toContain('asked');
  });

  it('tells how evenly several clients of a role shared the work', () => {
    const client = { name: 'x', role: 'publisher', published: 1, delivered: 0, deliveredPerSecond: 0 };
    const clients = [30, 10, 20].map((rate) => ({ ...client, publishedPerSecond: rate * 1000 }));
    const text = renderTable([sampleRun({ clients })], [], { columns: 100, ...plain });
    expect(text).toContain('publisher  10.0 k/s to 30.0 k/s each, median 20.0 k/s   3 clients');
    expect(renderTable([sampleRun({ clients: clients.slice(0, 1) })], [], plain)).not.toContain('median');
  });

  it('lets no server move the cursor', () => {
    const { server } = sampleRun();
    const hostile = sampleRun({
      work: 'x\x1b[2Jy',
      server: { ...server, label: 'evil\x1b]0;title\x07\r\n', url: 'nats://\x9bh' },
      errors: 1,
      errorTexts: [{ text: '\x1b[31mred\u202e', count: 1 }],
    });
    for (const layout of ['blocks', 'table'] as const) {
      const text = renderTable([hostile, sampleRun()], [], { layout, columns: 100, ...plain });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be absent
      expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    }
  });

  it('leaves out columns that nobody measured', () => {
    const { server } = sampleRun();
    const bare = sampleRun({ latencyUs: null, server: { ...server, cpuSecondsPerMillion: null, peakRssBytes: null } });
    const [head] = renderTable([bare], [], { layout: 'table', columns: 200, ...plain }).split('\n');
    expect(head).not.toMatch(/p99|CPU|peak/);
    expect(head).toContain('rate');
  });
});

describe('renderSweep', () => {
  it('names the highest rate that kept the bound', () => {
    const sweep = sampleSweep();
    const text = renderSweep(sweep, { columns: 100, ...plain });
    expect(text).toContain('3.66 M/s is the highest rate that kept p99 within 2.00 ms.');
    expect(text).toContain('✗ p99 above 2 ms');
    expect(renderSweep({ ...sweep, maxPerSecond: null }, plain)).toContain('No rate tried kept p99 within 2.00 ms.');
  });
});
