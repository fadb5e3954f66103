/**
 * The sub-command `nats-turbo passwd`: a password in, its bcrypt hash out, for `password` and `token` in a configuration.
 *
 * A password is taken from a terminal or from standard input, never from an argument, which other users of the machine
 * could see. The hash is made by the addon, which also checks passwords.
 */
import { parseArgs } from 'node:util';
import { type Addon, loadAddon } from '../native/index.js';
import type { Outcome } from './print.js';
import { CancelledError, InputError, readSecrets, type SecretSource, standardInput } from './secret-input.js';

export const PASSWD_USAGE = `Usage:
  nats-turbo passwd [--cost N]
      asks twice for a password and prints its bcrypt hash, for a password or token in a configuration
      when standard input is no terminal, the password is read from there
      N: 4 to 31, 11 unless given; each step doubles the time that a check takes
`;

/** As the nats command takes. */
const COST_DEFAULT = 11;
const COST_MIN = 4;
const COST_MAX = 31;
/** bcrypt reads no further. */
const PASSWORD_BYTES_MAX = 72;

/** `args` is what follows the word `passwd`. */
export async function passwdCommand(
  args: readonly string[],
  source: () => SecretSource = standardInput,
  addon: () => Pick<Addon, 'hashPassword'> = loadAddon,
): Promise<Outcome> {
  try {
    const cost = readCost(args);
    if (cost === 'help') return { code: 0, stdout: PASSWD_USAGE, stderr: '' };
    // A missing addon is reported before anything is asked.
    const hasher = addon();
    const password = await readPassword(source());
    return { code: 0, stdout: `${hasher.hashPassword(password, cost)}\n`, stderr: '' };
  } catch (error) {
    if (error instanceof CancelledError) return { code: 130, stdout: '', stderr: `\n${error.message}\n` };
    if (error instanceof InputError) return { code: 1, stdout: '', stderr: `${error.message}\n` };
    throw error;
  }
}

function readCost(args: readonly string[]): number | 'help' {
  const { help, cost = String(COST_DEFAULT), words } = readArgs(args);
  if (help) return 'help';
  // The argument may be a password: it is not repeated.
  if (words > 0) throw new InputError(`a password is not taken from an argument\n${PASSWD_USAGE.trimEnd()}`);
  const number = /^\d+$/.test(cost) ? Number(cost) : Number.NaN;
  if (number >= COST_MIN && number <= COST_MAX) return number;
  throw new InputError(`--cost takes a number from ${COST_MIN} to ${COST_MAX}`);
}

function readArgs(args: readonly string[]): { help: boolean; cost?: string | undefined; words: number } {
  try {
    const { values, positionals } = parseArgs({
      // One dash is as good as two, as for all flags of this command.
      args: args.map((argument) => argument.replace(/^-(?=(?:cost|help)\b)/, '--')),
      options: { cost: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { help: values.help === true, cost: values.cost, words: positionals.length };
  } catch {
    throw new InputError(`there is no such flag, or its value is missing\n${PASSWD_USAGE.trimEnd()}`);
  }
}

async function readPassword(source: SecretSource): Promise<string> {
  const [password = '', again = password] = await readSecrets(['Password: ', 'The same again: '], source);
  if (password === '') throw new InputError('the password is empty: it would keep nobody out');
  if (/[\r\n]/.test(password)) throw new InputError('standard input has several lines; give it the password alone');
  const bytes = Buffer.byteLength(password);
  if (bytes > PASSWORD_BYTES_MAX) {
    throw new InputError(
      `the password has ${bytes} bytes, and bcrypt reads only ${PASSWORD_BYTES_MAX} of them: take a shorter one`,
    );
  }
  if (password !== again) throw new InputError('the two passwords differ: nothing was hashed');
  return password;
}
