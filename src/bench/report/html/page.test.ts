import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BenchFile } from '../../types.js';
import { META, sampleRun, sampleSuite, sampleSweep } from '../testing/sample.js';
import { embedJson, escapeHtml } from './markup.js';
import { toHtml } from './page.js';

const one: BenchFile = { runs: [sampleRun()], comparison: [], meta: META };

/** The data as a browser reads it: what stands between the first end tags. */
function dataOf(html: string): unknown {
  const [, text = ''] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(text);
}

describe('page', () => {
  it('holds every chart for a suite on two servers, and its data', () => {
    const file = sampleSuite();
    const html = toHtml(file);
    for (const chart of ['ratio-rate', 'ratio-cpu', 'ratio-p99', 'bars-rate', 'bars-cpu', 'latency', 'timeline']) {
      expect(html).toContain(`data-chart="${chart}"`);
    }
    expect(html).toContain('Rates of single clients');
    expect(dataOf(html)).toEqual(file);
    for (const { work } of file.runs) expect(html).toContain(work);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('holds what one run has, and leaves out what it has not', () => {
    const html = toHtml({ ...one, sweep: sampleSweep() });
    expect(html).toContain('data-chart="sweep"');
    expect(html).not.toContain('data-chart="ratio');
    const bare = sampleRun({ latencyUs: null, timeline: [], headline: 'publishedPerSecond', repeats: [] });
    const less = toHtml({ ...one, runs: [bare] });
    expect(less).not.toContain('data-chart="latency"');
    expect(less).not.toContain('data-chart="timeline"');
  });

  it('draws a search for the highest rate one way, however it went', () => {
    const points = sampleSweep().points;
    const [first, ...rest] = points as [(typeof points)[0], ...typeof points];
    const again = { ...first, latencyUs: null };
    const tried = { ...sampleSweep(), points: [...rest.toReversed(), again, first, { ...first, kept: false }] };
    const [, data = ''] = /<path d="([^"]+)" class="line p99"/.exec(toHtml({ ...one, sweep: tried })) ?? [];
    const places = data
      .split(/[ML]/)
      .filter(Boolean)
      .map((spot) => Number(spot.split(' ')[0]));
    expect(places).toHaveLength(points.length);
    expect(places).toEqual([...new Set(places)].sort((left, right) => left - right));
  });

  it('counts the processes of a server that was started for each run', () => {
    const runs = [1, 2, 3].map((pid) => {
      const run = sampleRun({ work: `work ${pid}` });
      return { ...run, server: { ...run.server, costSource: `process ${pid} (nats-turbo)` } };
    });
    expect(toHtml({ ...one, runs })).toContain('<dd>3 processes (nats-turbo)</dd>');
  });

  it('stands results that hold nothing, zeros and ratios without end', () => {
    expect(toHtml({ runs: [], comparison: [], meta: META })).toContain('Nothing was measured');
    const file = sampleSuite();
    const [row] = file.comparison;
    if (row)
      Object.assign(row, { ratio: Number.POSITIVE_INFINITY, spread: { low: 0, high: Number.NaN }, failed: 'b lost 3' });
    const dead = sampleRun({
      delivered: 0,
      deliveredPerSecond: 0,
      published: 0,
      publishedPerSecond: 0,
      bytesPerSecond: 0,
    });
    const html = toHtml({ ...file, runs: [dead, ...file.runs] });
    expect(html).not.toMatch(/NaN|Infinity/);
    expect(html).toContain('b lost 3');
  });

  it('refers to nothing outside itself and runs one script only', () => {
    const html = toHtml(sampleSuite());
    const markup = html.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<pre[\s\S]*?<\/pre>/g, '');
    expect(markup).not.toMatch(/(?:src|href)="(?!#|data:)/);
    expect(markup).not.toMatch(/url\(|@import/);
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(html).toContain(`script-src &#39;sha256-${hash}&#39;`);
  });

  it('treats every name as hostile', () => {
    const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&<!--\u2028`;
    const run = sampleRun();
    const hostile = {
      ...run,
      verb: evil,
      work: evil,
      server: { ...run.server, url: evil, label: evil, version: evil, runtime: evil, costSource: evil },
      errors: 1,
      errorTexts: [{ text: evil, count: 1 }],
      notes: [evil],
      notMeasured: [evil],
    };
    const { comparison } = sampleSuite();
    const rows = comparison.slice(0, 1).map((row) => ({ ...row, work: evil, verb: evil, failed: evil }));
    const sweep = { ...sampleSweep(), work: evil };
    for (const point of sweep.points) Object.assign(point, { why: evil, url: evil });
    const machine = { ...META.machine, cpuModel: evil, system: evil, node: evil };
    const meta = { ...META, tool: evil, date: evil, command: evil, commit: evil, suite: evil, machine };
    const file: BenchFile = { runs: [hostile], comparison: rows, sweep, meta };
    const html = toHtml(file);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<!--');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(dataOf(html)).toEqual(file);
  });

  it('gives every chart a title, a description and a table beside it', () => {
    const html = toHtml(sampleSuite());
    const charts = html.match(/<svg[^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/g) ?? [];
    expect(charts.length).toBeGreaterThan(20);
    expect(charts).toHaveLength((html.match(/<svg/g) ?? []).length);
    expect(html.match(/<details class="data">/g)?.length).toBeGreaterThanOrEqual(11);
  });
});

describe('markup', () => {
  it('escapes text and attributes', () => {
    expect(escapeHtml(`<a href="x" id='y'>&\x00\x1b`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;  ');
  });

  it('embeds JSON that survives the parser of HTML', () => {
    const value = { text: '</script><!--&\u2028\u2029' };
    expect(embedJson(value)).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(embedJson(value))).toEqual(value);
  });
});
