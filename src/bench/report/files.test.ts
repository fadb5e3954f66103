import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.js';
import { toJson } from './json.js';
import { sampleRun, sampleSuite } from './testing/sample.js';

describe('JSON', () => {
  it('writes the model as it is, runs and comparison first', () => {
    const file = sampleSuite();
    const text = toJson(file);
    expect(JSON.parse(text)).toEqual(file);
    expect(Object.keys(JSON.parse(text)).slice(0, 2)).toEqual(['runs', 'comparison']);
  });

  it('keeps number lists on one line and strings untouched', () => {
    const work = 'a [\n 1,\n 2\n] b';
    const text = toJson({
      ...sampleSuite(),
      runs: [
        sampleRun({
          work,
          histogram: [
            [1.5, 2],
            [3e-7, 4],
          ],
        }),
      ],
    });
    expect(JSON.parse(text).runs[0].work).toBe(work);
    expect(text).toContain('[1.5,2]');
    expect(JSON.parse(text).runs[0].histogram).toEqual([
      [1.5, 2],
      [3e-7, 4],
    ]);
  });
});

describe('CSV', () => {
  /** RFC 4180, written from its grammar. */
  function parse(text: string): string[][] {
    const rows: string[][] = [];
    let row: string[] = [];
    const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
    while (field.lastIndex < text.length) {
      const [, value = '', end] = field.exec(text) ?? [];
      if (end === undefined) throw new Error(`not CSV: ${text.slice(field.lastIndex)}`);
      row.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
      if (end === ',') continue;
      rows.push(row);
      row = [];
    }
    return rows;
  }

  it('has a header and a row per run, of equal length', () => {
    const { runs } = sampleSuite();
    const [head, ...rows] = parse(toCsv(runs));
    expect(rows).toHaveLength(30);
    expect(rows.every((row) => row.length === head?.length)).toBe(true);
    const at = (name: string) => rows.map((row) => row[head?.indexOf(name) ?? -1]);
    expect(at('delivered').map(Number)).toEqual(runs.map((run) => run.delivered));
    expect(at('latency_p99_us')).toEqual(runs.map((run) => String(run.latencyUs?.p99 ?? '')));
    expect(at('side').slice(0, 2)).toEqual(['a', 'b']);
  });

  it('quotes what needs it and leaves out what was not measured', () => {
    const work = 'says "hi", twice\r\nover two lines';
    const [head = [], row = []] = parse(toCsv([sampleRun({ work, duplicated: null, latencyUs: null })]));
    expect(row[head.indexOf('work')]).toBe(work);
    expect(row[head.indexOf('duplicated')]).toBe('');
    expect(row[head.indexOf('latency_p50_us')]).toBe('');
  });
});
