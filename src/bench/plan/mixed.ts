/**
 * A scenario file: one command line per line, all at once in one run. Owns the form of the file and how several shapes
 * become one; each line itself is read by the parser of the command.
 */
import { BenchError } from '../errors.js';
import { parseCommand, usage } from '../flags/parse.js';
import { dashed, FLAGS, type FlagKey, type Flags, MIXABLE } from '../flags/table.js';
import { splitCommand } from '../server/split-command.js';
import { coreShape } from './core.js';
import type { Shape } from './work.js';

/** `flags` are those of the `mixed` command itself: its `--duration` holds for every line. */
export function mixedShape(text: string, file: string, flags: Flags): Shape {
  const shapes: Shape[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    shapes.push(readLine(trimmed, `${file}:${index + 1}`, flags, shapes.length + 1));
  }
  if (shapes.length === 0)
    throw usage(`${file} holds no work: write one command line per line, e.g. "pubsub --rate 10k"`);
  return merge(shapes);
}

function readLine(line: string, place: string, outer: Flags, number: number): Shape {
  try {
    const command = parseCommand(splitCommand(line));
    if (command.action !== 'run' || !MIXABLE.includes(command.verb.name)) {
      throw usage(`a scenario holds only ${MIXABLE.join(', ')}`);
    }
    for (const key of Object.keys(command.flags) as FlagKey[]) {
      if (FLAGS[key].group !== 'Load')
        throw usage(`${dashed(FLAGS[key].names[0] as string)} goes behind "mixed", not into the file`);
    }
    if (command.flags.duration !== undefined) throw usage('--duration goes behind "mixed": it holds for all lines');
    const { verb, flags } = command;
    if (flags.msgs !== undefined && outer.duration !== undefined) {
      throw usage('--msgs and the --duration behind "mixed" exclude each other: leave one of them out');
    }
    const timed = outer.duration === undefined ? flags : { ...flags, duration: outer.duration };
    // Two lines may use the default subject; they must not receive each other's messages.
    const argument = command.argument === verb.argument?.default ? `${command.argument}.w${number}` : command.argument;
    return coreShape({ verb: verb.name, title: line, argument, flags: timed }) as Shape;
  } catch (error) {
    if (error instanceof BenchError) throw usage(`${place}: ${error.message}`);
    throw error;
  }
}

/** Ledgers get new numbers; the name of a client has the line it belongs to. */
export function merge(shapes: readonly Shape[]): Shape {
  const merged: Shape = { clients: [], ledgers: [], headline: 'deliveredPerSecond' };
  for (const [index, shape] of shapes.entries()) {
    const offset = merged.ledgers.length;
    const prefix = shapes.length > 1 ? `${index + 1}: ` : '';
    for (const client of shape.clients) {
      const named = { ...client, name: prefix + client.name };
      if ('ledger' in named) named.ledger += offset;
      if ('ledgers' in named) named.ledgers = named.ledgers.map((ledger) => ledger + offset);
      merged.clients.push(named);
    }
    merged.ledgers.push(...shape.ledgers.map((ledger) => ({ ...ledger, name: prefix + ledger.name })));
    // Idle connections stay while the others work.
    const waits = shape.clients.every(({ role }) => role === 'idle') && shapes.length > 1;
    if (shape.measureMs !== undefined && !waits) merged.measureMs = Math.max(merged.measureMs ?? 0, shape.measureMs);
    if (shape.connectsInFlight !== undefined) merged.connectsInFlight = shape.connectsInFlight;
  }
  if (!merged.clients.some(({ role }) => role === 'subscriber' || role === 'requester')) {
    merged.headline = 'publishedPerSecond';
  }
  return merged;
}
