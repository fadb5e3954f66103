/** Command lines and what they ask for. */

import { describe, expect, test } from 'vitest';
import { parseFlags } from './flags.js';
import { redactArgs } from './redact.js';
import { FLAGS } from './schema-flags.js';
import { usage } from './usage.js';

const parse = (line: string) => parseFlags(line === '' ? [] : line.split(' '));
const run = (options: object) => ({ action: 'run', options, warnings: [] });

describe('3.1 flags', () => {
  test.each<[string, object]>([
    ['', run({})],
    ['-p 5 --host', { action: 'usage', message: 'flag provided but not defined: -host' }],
    ['-p 5', run({ port: 5 })],
    ['--port=5', run({ port: 5 })],
    ['-p -1', run({ port: -1 })],
    ['-p 0', run({ port: 4222 })],
    ['-p 0x10', run({ port: 16 })],
    ['-p 5 -port 6', run({ port: 6 })],
    ['-a h -net i', run({ host: 'i' })],
    ['-n a', run({ serverName: 'a' })],
    ['-server_name a -client_advertise b', run({ serverName: 'a', clientAdvertise: 'b' })],
    ['-m 8222', run({ httpPort: 8222 })],
    ['-m 0', run({ http: false })],
    ['--profile 5', run({ profPort: 5 })],
    ['-D -V', run({ debug: true, trace: true })],
    ['-DV', run({ debug: true, trace: true })],
    ['-DVV', run({ debug: true, trace: true, traceVerbose: true })],
    ['-VV', run({ trace: true, traceVerbose: true })],
    ['-V -DV=false', run({ debug: false, trace: false })],
    ['-T=false -logtime_utc', run({ logtime: false, logtimeUtc: true })],
    ['-l a -P b -ports_file_dir c -sd d', run({ logFile: 'a', pidFile: 'b', portsFileDir: 'c', storeDir: 'd' })],
    ['--user a --pass b', run({ authorization: { user: 'a', password: 'b' } })],
    ['--auth t -max_traced_msg_len 9', run({ authorization: { token: 't' }, maxTracedMsgLen: 9 })],
    ['-c f --allow-unsupported', run({ configFile: 'f', allowUnsupported: true })],
    ['-t -c f', { action: 'check', options: { configFile: 'f' }, warnings: [] }],
    ['-t -c f -p 5', { action: 'check', options: { configFile: 'f', port: 5 }, warnings: [] }],
    ['-t', { action: 'error', message: 'must specify [-c, --config] option to check configuration file syntax' }],
    ['-v -h', { action: 'version' }],
    ['-p 5 -h', { action: 'help' }],
    ['--help_tls', { action: 'help_tls' }],
    ['version', { action: 'version' }],
    ['HELP', { action: 'help' }],
    ['-p 5 -- help', { action: 'help' }],
    ['foo', { action: 'error', message: 'unrecognized command: "foo"' }],
    ['-D false', { action: 'error', message: 'unrecognized command: "false"' }],
    ['-sl ldm', { action: 'signal', command: 'ldm' }],
    ['--signal reload=12', { action: 'signal', command: 'reload', target: '12' }],
    ['-sl a=b=c=d', { action: 'error', message: 'invalid signal parameters: [c d]' }],
    ['-bogus', { action: 'usage', message: 'flag provided but not defined: -bogus' }],
    ['-p abc', { action: 'usage', message: 'invalid value "abc" for flag -p: parse error' }],
    [
      '-p 99999999999999999999',
      { action: 'usage', message: 'invalid value "99999999999999999999" for flag -p: value out of range' },
    ],
    ['-D=x', { action: 'usage', message: 'invalid boolean value "x" for -D: parse error' }],
    ['-p', { action: 'usage', message: 'flag needs an argument: -p' }],
    ['---x', { action: 'usage', message: 'bad flag syntax: ---x' }],
    ['-js=false', run({})],
    ['-s -r udp://h:514', run({ syslog: true, remoteSyslog: 'udp://h:514' })],
  ])('%j', (line, meaning) => {
    expect(parse(line)).toEqual(meaning);
  });

  test.each(['-js', '--tls', '--tlscert a', '--cluster a', '--routes a', '-ms 5'])(
    '%s is known, refused with a sentence, and skipped where that is allowed',
    (line) => {
      expect(parse(line)).toEqual({
        action: 'error',
        message: expect.stringMatching(/^-.* can't be used: .* not there yet/),
      });
      const skipped = {
        action: 'run',
        options: { allowUnsupported: true },
        warnings: [expect.stringMatching(/^ignoring -/)],
      };
      expect(parse(`${line} --allow-unsupported`)).toEqual(skipped);
    },
  );

  test('the help names every flag that works, and no other', () => {
    const named = new Set(
      [...usage('1', '2').matchAll(/^ {4}(-.*?)(?: {2,}| <|$)/gm)].flatMap(([, names]) => names?.split(', ') ?? []),
    );
    for (const [name, flag] of FLAGS) {
      const shown = named.has(`-${name}`) || named.has(`--${name}`);
      expect([name, shown]).toEqual([name, flag.support === 'yes']);
    }
  });

  test('secrets are hidden', () => {
    const line = '-user a --pass=b -auth c -p 5 --routes=nats://a:b@h:1,nats://c:d@k --pass';
    expect(redactArgs(line.split(' ')).join(' ')).toBe(
      '-user [REDACTED] --pass=[REDACTED] -auth [REDACTED] -p 5 --routes=nats://[REDACTED]@h:1,nats://[REDACTED]@k --pass',
    );
  });
});
