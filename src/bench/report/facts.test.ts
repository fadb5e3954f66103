import { describe, expect, it } from 'vitest';
import {
  briefVerdict,
  geometricMean,
  groupByWork,
  hostOf,
  isClear,
  overallVerdict,
  serversOf,
  titleOf,
  verdictOf,
} from './facts.js';
import { META, sampleRun, sampleSuite } from './testing/sample.js';

describe('verdict', () => {
  it('says what went wrong in plain words', () => {
    const run = sampleRun({ lost: 12, duplicated: 1, reordered: 3, errors: 4, slowConsumers: 1, stopped: true });
    expect(verdictOf(run)).toEqual({
      level: 'bad',
      text: '12 messages lost, 1 duplicate, 3 messages out of order, 1 slow consumer cut off, 3 errors, stopped before its end',
    });
  });

  it('promises only what was checked', () => {
    expect(verdictOf(sampleRun()).text).toBe('every message arrived once and in order');
    const blind = verdictOf(sampleRun({ duplicated: null, reordered: null }));
    expect(blind).toEqual({ level: 'unchecked', text: 'nothing lost; duplicates and order not checked' });
    expect(verdictOf(sampleRun({ delivered: 0 })).level).toBe('unchecked');
  });

  it('stays short where a column is narrow', () => {
    const words = [sampleRun(), sampleRun({ delivered: 0 }), sampleRun({ reordered: null }), sampleRun({ lost: 1200 })];
    expect(words.map(briefVerdict)).toEqual(['all, in order', 'no errors', 'nothing lost', '1.20 k lost']);
    expect(briefVerdict(sampleRun({ errors: 1 }))).toBe('see below');
  });

  it('covers all runs in one sentence', () => {
    const bad = sampleRun({ lost: 1 });
    expect(overallVerdict([sampleRun(), bad])).toEqual({
      level: 'bad',
      text: '1 of 2 runs lost messages or met errors',
    });
    expect(overallVerdict([bad]).text).toBe('1 message lost');
    expect(overallVerdict([]).level).toBe('unchecked');
    expect(overallVerdict(sampleSuite().runs).text).toBe('No loss and no errors; 24 of 30 runs checked in full');
  });
});

describe('servers and works', () => {
  it('keeps two servers apart that call themselves the same', () => {
    const { server } = sampleRun();
    const other = sampleRun({ server: { ...server, url: 'nats://user:secret@10.0.0.1:4223' } });
    const names = serversOf([sampleRun(), other]).map(({ name }) => name);
    expect(names).toEqual(['nats-server 2.15.2 (127.0.0.1:4222)', 'nats-server 2.15.2 (10.0.0.1:4223)']);
    const near = sampleRun({ server: { ...server, url: 'nats://127.0.0.1:4223' } });
    const ports = serversOf([sampleRun(), near]).map(({ name }) => name);
    expect(ports).toEqual(['nats-server 2.15.2 :4222', 'nats-server 2.15.2 :4223']);
    const sides = serversOf([
      sampleRun({ server: { ...server, side: 'b' } }),
      sampleRun({ server: { ...server, side: 'a' } }),
    ]);
    expect(new Set(sides.map(({ name }) => name)).size).toBe(2);
    expect(sides.map(({ side }) => side)).toEqual(['a', 'b']);
  });

  it('puts the runs of one work beside each other, and repeated work in a row of its own', () => {
    const { runs } = sampleSuite();
    const groups = groupByWork([...runs].reverse());
    expect(groups).toHaveLength(15);
    expect(groups.every((group) => group.runs.map(({ server }) => server.side).join('') === 'ab')).toBe(true);
    expect(groupByWork([sampleRun(), sampleRun()])).toHaveLength(2);
  });

  it('titles what it holds', () => {
    expect(titleOf(sampleSuite())).toBe('nats-turbo 0.1.0 beside nats-server 2.15.2');
    expect(titleOf({ runs: [sampleRun()], comparison: [], meta: META })).toBe('pubsub 1:1 16 B on nats-server 2.15.2');
  });

  it('hides credentials of a URL', () => {
    expect(hostOf('tls://user:pass@host:4222/x')).toBe('host:4222');
    expect(hostOf('no url')).toBe('no url');
  });
});

describe('comparison', () => {
  it('sees a winner only where all rounds agree', () => {
    expect(isClear({ spread: { low: 1.1, high: 1.3 } })).toBe(true);
    expect(isClear({ spread: { low: 0.7, high: 0.9 } })).toBe(true);
    expect(isClear({ spread: { low: 0.9, high: 1.3 } })).toBe(false);
  });

  it('takes the geometric mean of what is a ratio', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4);
    expect(geometricMean([4, 0, Number.POSITIVE_INFINITY])).toBeCloseTo(4);
    expect(geometricMean([])).toBeNull();
  });
});
