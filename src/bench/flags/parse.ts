/**
 * From arguments to a command: the verb, its argument and its flags.
 *
 * Flags may stand anywhere, as `--x v`, `--x=v` or, for switches, `--no-x`. Anything else is a usage error with a
 * suggestion. Reads the environment it is given, never files.
 */
import { didYouMean } from '../../config/suggest.js';
import { BenchError } from '../errors.js';
import { BY_NAME, belongsTo, dashed, FLAGS, type FlagKey, type FlagRow, type Flags } from './table.js';
import {
  readBytes,
  readCount,
  readDuration,
  readHeader,
  readPause,
  readPositive,
  readRate,
  readSize,
  ValueError,
} from './values.js';
import { SUITE, VERBS, type Verb, verbWords } from './verbs.js';

export type Command =
  | { action: 'run'; verb: Verb; argument: string; flags: Flags }
  | { action: 'help'; verb?: Verb }
  | { action: 'version' };

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a `BenchError` of code `USAGE`. */
export function parseCommand(argv: readonly string[], env: Environment = {}): Command {
  const { words, flags } = scan(argv);
  if (flags.version) return { action: 'version' };
  if (words[0] === 'help') {
    const found = findVerb(words.slice(1));
    return { action: 'help', ...(found && { verb: found.verb }) };
  }
  const found = findVerb(words);
  if (flags.help || (words.length === 0 && flags.suite === undefined)) {
    return { action: 'help', ...(found && { verb: found.verb }) };
  }
  if (!found && words.length > 0) throw unknownVerb(words);
  const verb = found?.verb ?? SUITE;
  const rest = words.slice(found?.length ?? 0);
  if (found && flags.suite !== undefined) throw usage(`--suite brings its own works: leave out "${verb.name}"`);
  const argument = takeArgument(verb, rest);
  checkBelonging(verb, flags);
  checkExclusions(verb, flags);
  fromEnvironment(flags, env);
  return { action: 'run', verb, argument, flags };
}

export function usage(message: string): BenchError {
  return new BenchError('USAGE', message);
}

function scan(argv: readonly string[]): { words: string[]; flags: Flags } {
  const words: string[] = [];
  const flags: Flags = {};
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    if (argument === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const written = equals === -1 ? argument : argument.slice(0, equals);
    let text = equals === -1 ? undefined : argument.slice(equals + 1);
    const name = written.replace(/^--?/, '');
    const off = name.startsWith('no-') ? BY_NAME.get(name.slice(3)) : undefined;
    if (off?.row.kind === 'bool' && text === undefined) {
      set(flags, off.key, off.row, 'false');
      continue;
    }
    const found = BY_NAME.get(name);
    // `-msgs` is what Go programs take; one dash before a long name is accepted.
    if (!found) throw unknownFlag(written, name);
    if (found.row.kind === 'bool') text ??= 'true';
    else text ??= argv[++at];
    if (text === undefined) throw usage(`${written} needs a value: ${written} ${found.row.arg ?? 'VALUE'}`);
    set(flags, found.key, found.row, text);
  }
  return { words, flags };
}

/** What other tools call `--server`. */
const SERVER_NAMES: ReadonlySet<string> = new Set(['url', 'urls', 'uri', 'host', 'hostname', 'addr', 'address']);

function unknownFlag(written: string, name: string): BenchError {
  const hint = SERVER_NAMES.has(name) ? ', did you mean "server"?' : didYouMean(name, BY_NAME.keys());
  return usage(`unknown flag ${written}${hint.replace('"', '"--')}`);
}

function set(flags: Flags, key: FlagKey, row: FlagRow, text: string): void {
  try {
    const before = flags[key];
    const value = read(row, text);
    const all = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
    Object.assign(flags, { [key]: all });
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const shown = row.secret ? '…' : `"${text}"`;
    throw usage(`${dashed(row.names[0] as string)} ${shown} ${error.message}`);
  }
}

function read(row: FlagRow, text: string): unknown {
  switch (row.kind) {
    case 'bool':
      if (/^(true|1)$/i.test(text)) return true;
      if (/^(false|0)$/i.test(text)) return false;
      throw new ValueError('is neither true nor false');
    case 'text':
      if (row.choices && !row.choices.includes(text)) {
        throw new ValueError(`is not one of ${row.choices.join(', ')}${didYouMean(text, row.choices)}`);
      }
      if (text === '') throw new ValueError('is empty');
      return text;
    case 'texts':
      // A command holds commas; a list of servers or titles is separated by them.
      return row.names.includes('spawn') ? [text] : text.split(',').map((part) => part.trim());
    case 'count':
      return readCount(text);
    case 'positive':
      return readPositive(text);
    case 'rate':
      return readRate(text);
    case 'pause':
      return readPause(text);
    case 'duration':
      return readDuration(text);
    case 'bytes':
      return readBytes(text);
    case 'size':
      return readSize(text);
    case 'headers':
      return [readHeader(text)];
  }
}

function findVerb(words: readonly string[]): { verb: Verb; length: number } | undefined {
  for (const { words: wanted, verb } of verbWords()) {
    if (wanted.every((word, index) => words[index] === word)) return { verb, length: wanted.length };
  }
  return undefined;
}

function unknownVerb(words: readonly string[]): BenchError {
  const first = words[0] as string;
  const below = VERBS.map(({ name }) => name).filter((name) => name.startsWith(`${first} `));
  if (below.length > 0) {
    const typed = words.slice(0, (below[0] as string).split(' ').length).join(' ');
    return usage(`"${first}" needs one of: ${below.join(', ')}${typed === first ? '' : didYouMean(typed, below)}`);
  }
  const names = VERBS.map(({ name }) => name.split(' ')[0] as string);
  return usage(`unknown verb "${first}"${didYouMean(first, names)}; there are ${[...new Set(names)].join(', ')}`);
}

function takeArgument(verb: Verb, rest: readonly string[]): string {
  const [first, ...more] = rest;
  if (more.length > 0 || (first !== undefined && verb.argument === undefined)) {
    throw usage(`"${verb.name}" does not understand "${(verb.argument ? more : rest).join(' ')}"`);
  }
  const value = first ?? verb.argument?.default;
  if (verb.argument && value === undefined) {
    throw usage(
      `"${verb.name}" needs a ${verb.argument.name}: nats-bench ${verb.name} ${verb.argument.name.toUpperCase()}`,
    );
  }
  if (verb.argument?.name === 'pattern' && !/^[^\s.>]+(\.[^\s.>]+)*(\.>)?$|^>$/.test(value ?? '')) {
    throw usage(`"${value}" is no subject to subscribe to: tokens without spaces, joined by dots; "*" and ">" match`);
  }
  if (verb.argument?.name === 'subject' && !/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(value ?? '')) {
    throw usage(`"${value}" is no subject to publish on: tokens without spaces and wildcards, joined by dots`);
  }
  return value ?? '';
}

function checkBelonging(verb: Verb, flags: Flags): void {
  for (const key of Object.keys(flags) as FlagKey[]) {
    const row: FlagRow = FLAGS[key];
    if (belongsTo(row, verb.name)) continue;
    const where = (row.verbs ?? []).join(', ');
    const name = dashed(row.names[0] as string);
    throw usage(`${name} does not go with "${verb.name}", but with ${where}`);
  }
}

function checkExclusions(verb: Verb, flags: Flags): void {
  // Work that waits for others ends with whichever comes first.
  const waits = verb.name === 'sub' || verb.name === 'service';
  if (flags.msgs !== undefined && flags.duration !== undefined && !waits) {
    throw usage('--msgs and --duration exclude each other: either a number of messages or the time ends the run');
  }
  if (flags.rate !== undefined && flags.sleep !== undefined) {
    throw usage('--rate and --sleep exclude each other: both say when the next message goes');
  }
  if (!flags.findMax) return;
  for (const key of ['msgs', 'repeat', 'sleep'] as const) {
    if (flags[key] !== undefined) throw usage(`--find-max decides that itself: leave out --${FLAGS[key].names[0]}`);
  }
}

function fromEnvironment(flags: Flags, env: Environment): void {
  for (const [key, row] of Object.entries(FLAGS) as [FlagKey, FlagRow][]) {
    const text = row.env === undefined ? undefined : env[row.env];
    if (text && flags[key] === undefined) set(flags, key, row, text);
  }
}

/** The command line for reports, without secrets. */
export function withoutSecrets(argv: readonly string[]): string {
  const shown: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    const [written = '', value] = argument.split(/=(.*)/s);
    const found = argument.startsWith('-') ? BY_NAME.get(written.replace(/^--?/, '')) : undefined;
    if (found?.row.secret) {
      shown.push(value === undefined ? argument : `${written}=…`);
      if (value === undefined && argv[++at] !== undefined) shown.push('…');
    } else {
      const open = argument.replace(/(\/\/)[^@/\s]+@/g, '$1…@');
      shown.push(/[\s'"{}]/.test(open) ? `'${open}'` : open);
    }
  }
  return ['nats-bench', ...shown].join(' ');
}
