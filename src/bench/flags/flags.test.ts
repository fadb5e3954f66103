import { describe, expect, it } from 'vitest';
import { BenchError } from '../errors.js';
import { parseCommand, withoutSecrets } from './parse.js';
import { BY_NAME, FLAGS, type FlagKey, type FlagRow } from './table.js';
import { overview, verbUsage } from './usage.js';
import { readBytes, readCount, readSize, sizeText } from './values.js';
import { VERBS } from './verbs.js';

function flagsOf(line: string) {
  const command = parseCommand(line.split(' '));
  if (command.action !== 'run') throw new Error(`not a run: ${command.action}`);
  return command;
}

function complaint(line: string): string {
  try {
    parseCommand(line.split(' ').filter(Boolean));
  } catch (error) {
    expect(error).toBeInstanceOf(BenchError);
    expect((error as BenchError).code).toBe('USAGE');
    return (error as BenchError).message;
  }
  throw new Error(`accepted: ${line}`);
}

describe('values', () => {
  it.each([
    ['2000000', 2_000_000],
    ['2_000_000', 2_000_000],
    ['2M', 2_000_000],
    ['1.5k', 1500],
  ])('count %s', (text, value) => expect(readCount(text)).toBe(value));

  it.each([
    ['128', 128],
    ['128B', 128],
    ['1KB', 1024],
    ['1KiB', 1024],
    ['1m', 1024 * 1024],
  ])('size %s', (text, value) => expect(readBytes(text)).toBe(value));

  it('sizes are fixed, between two, or by weight', () => {
    expect(readSize('16')).toEqual({ fixed: 16 });
    expect(readSize('16..1024')).toEqual({ min: 16, max: 1024 });
    expect(readSize('16:90,4KB:10')).toEqual({ sizes: [16, 4096], weights: [90, 10] });
    expect(readSize('16:90,4KB:0')).toEqual({ sizes: [16], weights: [90] });
    expect(sizeText(readSize('16:90,4KB:10'))).toBe('mix of 16 B to 4 KiB');
  });

  it.each(['-1', '1x', '', '1.5.2', '9..', '20..10', '16:0', '16:1,32', '100MB'])('refuses the size "%s"', (text) => {
    expect(() => readSize(text)).toThrow();
  });
});

describe('the command line', () => {
  it('reads the line that others build on', () => {
    const { verb, flags } = flagsOf(
      'pubsub --pub 1 --sub 1 --msgs 2000000 --size 16 -s nats://127.0.0.1:4222 --json out.json',
    );
    expect(verb.name).toBe('pubsub');
    expect(flags).toEqual({
      pub: 1,
      sub: 1,
      msgs: 2_000_000,
      size: { fixed: 16 },
      servers: ['nats://127.0.0.1:4222'],
      json: 'out.json',
    });
  });

  it('knows the spellings of nats bench', () => {
    expect(flagsOf('service request --throughput=5k').verb.name).toBe('request');
    expect(flagsOf('js pub atomic orders --batch 10').verb.name).toBe('js pub batch');
    expect(flagsOf('pub orders --multisubjectmax 5 -H a:b --header c:d').flags).toEqual({
      subjects: 5,
      headers: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    });
  });

  it('takes flags before the verb, switches with no- and several servers', () => {
    const { verb, argument, flags } = flagsOf('--no-progress pub orders -s a,b -s c --tls=false');
    expect([verb.name, argument]).toEqual(['pub', 'orders']);
    expect(flags).toEqual({ progress: false, servers: ['a', 'b', 'c'], tls: false });
  });

  it('takes wildcards where it listens, and both ends for what waits for others', () => {
    expect(flagsOf('sub orders.*.> --msgs 5 --duration 1s').argument).toBe('orders.*.>');
    expect(flagsOf('service > --msgs 5').flags.msgs).toBe(5);
    expect(flagsOf('pub --warmup 0s').flags.warmup).toBe(0);
  });

  it('keeps the commas of a command to spawn', () => {
    const command = parseCommand(['pub', '--spawn', 'server --x a,b -p {port}']);
    expect(command).toMatchObject({ flags: { spawn: ['server --x a,b -p {port}'] } });
  });

  it('falls back on the environment', () => {
    const env = { NATS_URL: 'nats://far:1', NATS_PASSWORD: 'x' };
    expect(parseCommand(['pub'], env)).toMatchObject({ flags: { servers: ['nats://far:1'], password: 'x' } });
    expect(parseCommand(['pub', '-s', 'near'], env)).toMatchObject({ flags: { servers: ['near'] } });
  });

  it.each([
    ['pubsb', 'unknown verb "pubsb", did you mean "pubsub"?'],
    ['pub --sizee 3', 'unknown flag --sizee, did you mean "--size"?'],
    ['pub --url nats://x', 'unknown flag --url, did you mean "--server"?'],
    ['pub -host x', 'unknown flag -host, did you mean "--server"?'],
    ['pub --servers x', 'unknown flag --servers, did you mean "--server"?'],
    ['js pub asnyc', 'did you mean "js pub async"?'],
    ['pub --queue x', '--queue does not go with "pub", but with sub, pubsub'],
    ['js consume --acks nope', 'is not one of none, explicit, double'],
    ['js consume --duration 1s', '--duration does not go with "js consume"'],
    ['pub a.*', 'is no subject to publish on'],
    ['pub a b', 'does not understand "b"'],
    ['mixed', 'needs a file'],
    ['pub --msgs', '--msgs needs a value: --msgs N'],
    ['pub --msgs 0', 'has to be at least 1'],
    ['pub --rate 0', 'at least 1 per second'],
    ['pub --header nope', 'no header such as Name:value'],
    ['pub --duration 10', 'no duration such as 500ms'],
    ['pub --duration 0s', 'has to be above 0'],
    ['pub --duration 1s --msgs 5', 'exclude each other'],
    ['pub --rate 5 --sleep 1ms', 'exclude each other'],
    ['pub --find-max', '--find-max does not go with "pub"'],
    ['request --find-max --repeat 2', 'leave out --repeat'],
    ['sub a.>.b', 'is no subject to subscribe to'],
    ['pub --tls=maybe', 'neither true nor false'],
    ['pub --suite core', '--suite brings its own works'],
    ['--suite coer', 'did you mean "core"?'],
  ])('refuses "%s"', (line, text) => expect(complaint(line)).toContain(text));

  it('shows no secrets', () => {
    expect(complaint('pub --password=')).not.toContain('=');
    expect(withoutSecrets(['pub', '--password', 'geheim', '--token=abc', '-s', 'nats://u:p@h:1'])).toBe(
      'nats-bench pub --password … --token=… -s nats://…@h:1',
    );
  });
});

describe('the help', () => {
  it('names every flag with each verb it goes with, and only there', () => {
    for (const verb of VERBS) {
      const text = verbUsage(verb);
      for (const row of Object.values(FLAGS) as FlagRow[]) {
        const wanted = row.verbs === undefined || row.verbs.includes(verb.name);
        const name = row.names[0] as string;
        const dashed = name.length === 1 ? `-${name}` : `--${name}`;
        const shown = new RegExp(`^ {2}${dashed}\\b(?!-)`, 'm').test(text);
        expect([verb.name, name, shown]).toEqual([verb.name, name, wanted]);
      }
    }
  });

  it('fits a terminal', () => {
    const texts = [overview('1.0.0'), ...VERBS.map(verbUsage)].join('\n');
    expect(texts.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  it('comes for no arguments, -h and help', () => {
    expect(parseCommand([])).toEqual({ action: 'help' });
    expect(parseCommand(['help', 'kv', 'put'])).toMatchObject({ action: 'help', verb: { name: 'kv put' } });
    expect(parseCommand(['sub', '-h'])).toMatchObject({ action: 'help', verb: { name: 'sub' } });
  });

  it('gives examples that parse', () => {
    const words = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    for (const { examples } of VERBS) {
      for (const example of examples) {
        expect(parseCommand(words(example).slice(1) as string[])).toMatchObject({ action: 'run' });
      }
    }
  });
});

it('no spelling belongs to two flags', () => {
  const names = (Object.keys(FLAGS) as FlagKey[]).flatMap((key) => FLAGS[key].names as readonly string[]);
  expect(names.length).toBe(BY_NAME.size);
});
