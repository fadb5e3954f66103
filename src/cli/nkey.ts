/**
 * The sub-command `nats-turbo nkey`: makes keys of users, accounts and curves, and prints the public key of a seed.
 *
 *   nkey user|account|curve   the seed, then the public key; with labels on a terminal
 *   nkey public               the public key of the seed on standard input
 *
 * A seed is printed only where it was made; errors never contain one.
 */
import { isatty } from 'node:tty';
import { NkeyPrefix } from '../nkey.js';
import { createNkey, publicKeyOf, SeedError } from './nkey-seed.js';
import { type Outcome, STDOUT } from './print.js';
import { CancelledError, InputError, readSecrets, type SecretSource, standardInput } from './secret-input.js';

export const NKEY_USAGE = `Usage:
  nats-turbo nkey user|account|curve
      makes a key and prints its seed, which has to stay secret, and its public key
  nats-turbo nkey public < FILE
      prints the public key of the seed in FILE; on a terminal, asks for the seed
`;

const MADE: ReadonlyMap<string, number> = new Map([
  ['user', NkeyPrefix.user],
  ['account', NkeyPrefix.account],
  ['curve', NkeyPrefix.curve],
]);

/** `args` is what follows the word `nkey`. */
export async function nkeyCommand(
  args: readonly string[],
  source: () => SecretSource = standardInput,
  toTerminal = isatty(STDOUT),
): Promise<Outcome> {
  const [verb, ...rest] = args;
  if (verb === undefined || /^(?:help|--?h(?:elp)?)$/.test(verb)) return { code: 0, stdout: NKEY_USAGE, stderr: '' };
  const prefix = MADE.get(verb);
  // The arguments may be a seed: they are not repeated.
  if (rest.length > 0) return failed(`nkey takes one word; a seed is read from standard input\n${NKEY_USAGE}`);
  if (prefix !== undefined) return { code: 0, stdout: made(prefix, toTerminal), stderr: '' };
  if (verb === 'public') return publicCommand(source());
  return failed(`unknown kind of key\n${NKEY_USAGE}`);
}

/** Without labels as `nk -gen … -pubout` prints it. */
function made(prefix: number, toTerminal: boolean): string {
  const { seed, publicKey } = createNkey(prefix);
  return toTerminal ? `seed:       ${seed}\npublic key: ${publicKey}\n` : `${seed}\n${publicKey}\n`;
}

async function publicCommand(source: SecretSource): Promise<Outcome> {
  try {
    const [text = ''] = await readSecrets(['Seed: '], source);
    return { code: 0, stdout: `${publicKeyOf(seedIn(text))}\n`, stderr: '' };
  } catch (error) {
    if (error instanceof CancelledError) return { ...failed(`\n${error.message}\n`), code: 130 };
    if (error instanceof InputError || error instanceof SeedError) return failed(`${error.message}\n`);
    throw error;
  }
}

/** A file may have the public key and labels beside the seed. */
function seedIn(text: string): string {
  const seeds = text.split(/\s+/).filter((word) => word.startsWith('S'));
  if (seeds.length === 1) return seeds[0] as string;
  if (seeds.length > 1) throw new InputError('standard input has several seeds; give it one');
  throw new InputError('standard input has no seed: a seed begins with the letter S');
}

function failed(stderr: string): Outcome {
  return { code: 1, stdout: '', stderr };
}
