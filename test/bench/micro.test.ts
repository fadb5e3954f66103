/** The micro benchmarks: their calls are not shipped, and a side that does something else is found before it is timed. */
import { describe, expect, it } from 'vitest';
import type { BenchAddon, Output, Parsed } from '../../bench/micro/addon.js';
import { matchWorks } from '../../bench/micro/match.js';
import { measure } from '../../bench/micro/measure.js';
import { parseWorks, plainParse, plainParseFields } from '../../bench/micro/parse.js';
import { PlainBroker } from '../../bench/micro/plain/broker.js';
import { PlainInterest } from '../../bench/micro/plain/interest.js';
import { PlainParser, ProtocolError } from '../../bench/micro/plain/parser.js';
import { routeWorks } from '../../bench/micro/route.js';
import { Different, type Work } from '../../bench/micro/work.js';
import { loadAddon } from '../../src/native/load.js';

/** The plain side in the place of the native one. */
const standIn: BenchAddon = {
  version: () => '0',
  benchParse: plainParse,
  benchParseFields: plainParseFields,
  BenchInterest: PlainInterest,
  BenchBroker: PlainBroker,
};

const fewer = (parsed: Parsed): Parsed => ({ ...parsed, messages: parsed.messages - 1 });

class ForgetsGroups extends PlainInterest {
  override list(text: Buffer, ends: Uint32Array): string[] {
    return super.list(text, ends).map((line) => line.replace(/ \S+=.*/, ''));
  }
}

class SwapsFrames extends PlainBroker {
  override deliver(connection: number, input: Buffer): Output[] {
    return super.deliver(connection, input).map((output) => {
      const text = output.bytes.toString('latin1');
      return { ...output, bytes: Buffer.from(text.replace(/^(MSG \S+ \S+ )/, '$10')) };
    });
  }
}

/** The large indexes take seconds here; `npm run bench:micro -- --smoke` checks them as well. */
function checkAll(works: Work[]): void {
  expect(works.length).toBeGreaterThan(4);
  for (const { name, check } of works) if (!name.includes('100k')) check();
}

describe('the shipped addon', () => {
  it('has no call of the benchmarks', () => {
    const names = Object.keys(loadAddon());
    expect(names).toContain('startBroker');
    expect(names.filter((name) => /^bench/i.test(name))).toEqual([]);
  });
});

describe('two sides of a row', () => {
  it('are measured when they do the same', () => {
    checkAll([...parseWorks(standIn), ...matchWorks(standIn), ...routeWorks(standIn)]);
  });

  it.each<[string, () => Work[]]>([
    ['a message too few', () => parseWorks({ ...standIn, benchParse: (...args) => fewer(plainParse(...args)) })],
    [
      'a field elsewhere',
      () => parseWorks({ ...standIn, benchParseFields: (...args) => plainParseFields(...args).map((at) => at + 1) }),
    ],
    ['groups left out', () => matchWorks({ ...standIn, BenchInterest: ForgetsGroups })],
    ['frames that differ', () => routeWorks({ ...standIn, BenchBroker: SwapsFrames })],
  ])('are told apart: %s', (_, works) => {
    expect(() => checkAll(works())).toThrow(/PUB|HPUB|queue|1 to 1/);
  });

  it('are told apart by an error of its own', () => {
    const works = parseWorks({ ...standIn, benchParseFields: () => [] });
    expect(() => checkAll(works)).toThrow(Different);
  });
});

describe('the plain parser', () => {
  const parser = new PlainParser();
  const parse = (text: string) => parser.next(Buffer.from(text, 'latin1'), 0, text.length);

  it('finds the parts of a message', () => {
    const text = 'hPub a.b  reply\t2 5\r\nabcde\r\nPING\r\n';
    const end = parse(text);
    const part = (from: number, to: number) => text.slice(from, to);
    expect(text.slice(end)).toBe('PING\r\n');
    expect(part(parser.subjectStart, parser.subjectEnd)).toBe('a.b');
    expect(part(parser.replyStart, parser.replyEnd)).toBe('reply');
    expect(part(parser.bodyStart, parser.bodyEnd)).toBe('abcde');
    expect(parser.headerLength).toBe(2);
    expect(parser.tailEnd).toBe(0);
  });

  it('waits for what is missing and says how much', () => {
    expect(parse('PUB a 5\r')).toBe(-1);
    expect(parser.needEnd).toBe(0);
    expect(parse('PUB a 5\r\nab')).toBe(-1);
    expect(parser.needEnd).toBe('PUB a 5\r\nabcde\r\n'.length);
  });

  it.each([
    'PUB a\r\n',
    'PUB a b c 5\r\n',
    'PUB a x\r\n',
    'PUB a 1\r\nabc',
    'HPUB a 3 2\r\nab\r\n',
    'PUT a 1\r\n',
    '\r\n',
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(ProtocolError);
  });
});

describe('measuring', () => {
  it('counts messages, not calls', () => {
    let calls = 0;
    const rate = measure(() => calls++, 1000, 0.001);
    expect(calls).toBeGreaterThan(1);
    expect(rate.perSecond * rate.nanoseconds).toBeCloseTo(1e9, -2);
    expect(rate.samples).toBeGreaterThan(0);
  });

  it('passes on what goes wrong', () => {
    let calls = 0;
    const call = () => {
      if (++calls > 2) throw new RangeError('broken');
    };
    expect(() => measure(call, 1, 0.001)).toThrow('broken');
  });
});
