import { fromPublic, fromSeed } from '@nats-io/nkeys';
import { expect, test } from 'vitest';
import { nkeyCommand } from './nkey.js';
import { piped, type TestSource, typed } from './testing/secret-source.js';

const run = (args: string[], source: TestSource = piped(''), toTerminal = false) =>
  nkeyCommand(args, () => source, toTerminal);

test.each([
  ['user', 'U'],
  ['account', 'A'],
  ['curve', 'X'],
])('%s: the seed, then the public key, as the nk tool prints them', async (kind, letter) => {
  const { code, stdout, stderr } = await run([kind]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`^S${letter}[A-Z2-7]{56}\n${letter}[A-Z2-7]{55}\n$`));
  const [seed = '', publicKey = ''] = stdout.split('\n');
  expect((await run(['public'], piped(seed))).stdout).toBe(`${publicKey}\n`);
});

test('both have labels on a terminal', async () => {
  const { stdout } = await run(['user'], undefined, true);
  const [, seed = '', publicKey = ''] = /^seed: {7}(SU\w+)\npublic key: (U\w+)\n$/.exec(stdout) ?? [];
  expect(fromSeed(new TextEncoder().encode(seed)).getPublicKey()).toBe(publicKey);
  expect(fromPublic(publicKey).getPublicKey()).toBe(publicKey);
});

test('public reads what the command itself prints, with and without labels', async () => {
  for (const toTerminal of [false, true]) {
    const { stdout } = await run(['account'], undefined, toTerminal);
    const publicKey = stdout.trim().split(/\s+/).at(-1);
    expect(await run(['public'], piped(stdout))).toEqual({ code: 0, stdout: `${publicKey}\n`, stderr: '' });
  }
});

test('public asks on a terminal, without echo', async () => {
  const [seed = '', publicKey] = (await run(['curve'])).stdout.split('\n');
  const source = typed(`${seed}\r`);
  expect((await run(['public'], source)).stdout).toBe(`${publicKey}\n`);
  expect(source.prompted).toBe('Seed: \n');
  expect(await run(['public'], typed('\u0003'))).toMatchObject({ code: 130, stdout: '' });
});

test('what can not be used is refused, and no seed is repeated', async () => {
  const [seed = '', publicKey = ''] = (await run(['user'])).stdout.split('\n');
  const damaged = `${seed.slice(0, 30)}${seed[30] === 'A' ? 'B' : 'A'}${seed.slice(31)}`;
  const cases: [string[], string, RegExp][] = [
    [['public'], '', /no seed/],
    [['public'], publicKey, /no seed/],
    [['public'], damaged, /checksum/],
    [['public'], seed.slice(1), /no seed/],
    [['public'], `${seed}\n${seed}\n`, /several seeds/],
    [['public', seed], '', /read from standard input/],
    [['user', 'account'], '', /one word/],
    [['server'], '', /unknown kind/],
    [[seed], '', /unknown kind/],
  ];
  for (const [args, input, message] of cases) {
    const outcome = await run(args, piped(input));
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(message) });
    expect(outcome.stderr).not.toContain(seed.slice(1, 30));
  }
});

test.each([[[]], [['help']], [['-h']], [['--help']]])('%j explains the command', async (args) => {
  expect(await run(args)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('nkey public') });
});
