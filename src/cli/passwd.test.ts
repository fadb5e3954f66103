import { describe, expect, test, vi } from 'vitest';
import { passwdCommand } from './passwd.js';
import { piped, type TestSource, typed } from './testing/secret-source.js';

const hashPassword = vi.fn((password: string, cost: number) => `hash of ${password} at ${cost}`);
const run = (args: string[], source: TestSource) =>
  passwdCommand(
    args,
    () => source,
    () => ({ hashPassword }),
  );

/** The command fails, prints nothing but this message, and has hashed nothing. */
async function refused(args: string[], source: TestSource, message: RegExp, code = 1): Promise<string> {
  hashPassword.mockClear();
  const outcome = await run(args, source);
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(outcome.stderr).toMatch(message);
  expect(hashPassword).not.toHaveBeenCalled();
  return outcome.stderr;
}

test('the hash, and nothing else, goes to standard output', async () => {
  expect(await run([], piped('secret\n'))).toEqual({ code: 0, stdout: 'hash of secret at 11\n', stderr: '' });
  expect((await run([], typed('secret\rsecret\r'))).stdout).toBe('hash of secret at 11\n');
});

test.each([[['--cost', '4']], [['--cost=4']], [['-cost', '4']]])('%j sets the cost', async (args) => {
  expect((await run(args, piped('secret'))).stdout).toBe('hash of secret at 4\n');
});

test('spaces belong to the password', async () => {
  expect((await run([], piped(' a b \n'))).stdout).toBe('hash of  a b  at 11\n');
});

describe('passwords that are refused', () => {
  test('an empty one', async () => {
    await refused([], piped(''), /empty/);
    await refused([], piped('\n'), /empty/);
    await refused([], typed('\r\r'), /empty/);
  });

  test('one of more than 72 bytes, however many letters it has', async () => {
    await refused([], piped('x'.repeat(73)), /has 73 bytes, and bcrypt reads only 72/);
    await refused([], piped('ä'.repeat(37)), /has 74 bytes/);
    expect((await run([], piped('ä'.repeat(36)))).code).toBe(0);
  });

  test('several lines', async () => {
    await refused([], piped('one\ntwo\n'), /several lines/);
  });

  test('one that is typed differently the second time', async () => {
    const stderr = await refused([], typed('secret\rsecrets\r'), /differ/);
    expect(stderr).not.toContain('secret');
  });

  test('one in an argument, which is not repeated', async () => {
    expect(await refused(['hunter2'], piped(''), /not taken from an argument/)).not.toContain('hunter2');
    expect(await refused(['--hunter2'], piped(''), /no such flag/)).not.toContain('hunter2');
  });
});

test.each(['3', '32', '-1', '1e1', 'x', ''])('the cost %j is refused', async (cost) => {
  await refused([`--cost=${cost}`], piped('secret'), /--cost takes a number from 4 to 31/);
});

test('a flag without its value is refused', async () => {
  await refused(['--cost'], piped('secret'), /its value is missing/);
});

test('Ctrl-C ends it with the code of an interrupt', async () => {
  await refused([], typed('sec\u0003'), /cancelled/, 130);
});

test.each(['-h', '--help', '-help'])('%s explains the command and asks nothing', async (flag) => {
  const source = typed('');
  expect(await run([flag], source)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--cost N') });
  expect(source.prompted).toBe('');
});

test('a missing addon is reported before anything is asked', async () => {
  const source = typed('');
  const missing = () => {
    throw new Error('there is no addon');
  };
  await expect(passwdCommand([], () => source, missing)).rejects.toThrow('there is no addon');
  expect(source.prompted).toBe('');
});
