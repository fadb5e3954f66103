/** The standard sets of works. Each row is a command line, so that anybody can repeat it alone. */
import { parseCommand, usage } from '../flags/parse.js';
import type { Flags } from '../flags/table.js';
import type { Work } from '../plan/work.js';
import { splitCommand } from '../server/split-command.js';

type Row = readonly [title: string, command: string];

export const CORE: readonly Row[] = [
  // First: resident memory is read on a fresh process.
  ['idle connections', 'conns --clients 2000'],
  ['pub 16 B', 'pub --size 16'],
  ['pub 128 B x2', 'pub --clients 2 --size 128'],
  ['1:1 16 B', 'pubsub --size 16'],
  ['1:1 128 B', 'pubsub --size 128'],
  ['4:4 128 B', 'pubsub --pub 4 --sub 4 --size 128'],
  ['1:1 4 KiB', 'pubsub --size 4096'],
  ['4:4 wildcard 128 B', 'pubsub --pub 4 --sub 4 --subjects 100 --size 128'],
  ['fan-out 1:50 128 B', 'pubsub --sub 50 --size 128'],
  ['queue group of 8 128 B', 'pubsub --sub 8 --queue workers --size 128'],
  ['100k subscriptions random', 'match --subscriptions 100k --size 16'],
  ['request/reply 1 in flight', 'request --size 16'],
  ['request/reply 4x100', 'request --clients 4 --window 100 --size 16'],
];

export const JS: readonly Row[] = [
  ['js file publish 128 B w500', 'js pub async --batch 500 --size 128'],
  ['js read no ack', 'js consume --msgs 500k --acks none --size 128'],
  ['js read explicit ack', 'js consume --msgs 300k --acks explicit --size 128'],
  ['js file publish 4x128 B w500', 'js pub async --clients 4 --batch 500 --size 128'],
  ['js file publish 4 KiB w200', 'js pub async --batch 200 --size 4096'],
  ['js memory publish 128 B', 'js pub async --batch 500 --size 128 --storage memory'],
];

const SHORT_TITLES = new Set([
  'pub 16 B',
  '1:1 16 B',
  '1:1 128 B',
  'fan-out 1:50 128 B',
  'queue group of 8 128 B',
  'request/reply 1 in flight',
  'request/reply 4x100',
]);

const ROW_MS = 2000;

/** `flags` are those of the command; what they say about measuring holds for each row. */
export function suiteWorks(flags: Flags): Work[] {
  const rows = rowsOf(flags.suite ?? 'core');
  const chosen = flags.rows;
  const unknown = chosen?.filter((title) => !rows.some(([known]) => known === title)) ?? [];
  if (unknown.length > 0) {
    throw usage(
      `no row "${unknown.join('", "')}" in this suite; there are: ${rows.map(([title]) => title).join(', ')}`,
    );
  }
  return rows.filter(([title]) => chosen?.includes(title) ?? true).map((row) => workOf(row, flags));
}

function rowsOf(suite: string): readonly Row[] {
  switch (suite) {
    case 'js':
      return JS;
    case 'all':
      return [...CORE, ...JS];
    case 'short':
      return CORE.filter(([title]) => SHORT_TITLES.has(title));
    default:
      return CORE;
  }
}

function workOf([title, command]: Row, outer: Flags): Work {
  const parsed = parseCommand(splitCommand(command));
  if (parsed.action !== 'run') throw new Error(`the suite holds a row that is no work: ${command}`);
  const { verb, argument, flags } = parsed;
  // Rows with a number of messages read what they stored: time can't end them.
  const { duration = ROW_MS, ...rest } = outer;
  const merged: Flags = { ...rest, ...flags };
  if (flags.msgs === undefined && verb.name !== 'conns') merged.duration = duration;
  return { verb: verb.name, title, argument, flags: merged };
}
