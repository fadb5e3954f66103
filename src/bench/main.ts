/**
 * The command `nats-bench` from arguments to exit code: reads the command line, measures, reports.
 *
 * Owns the order of the steps, Ctrl-C and the exit codes; measuring and formatting are in other files.
 */
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OWN_VERSION } from '../version.js';
import { BenchError, textOf } from './errors.js';
import { parseCommand, usage, withoutSecrets } from './flags/parse.js';
import type { Flags } from './flags/table.js';
import { overview, verbUsage } from './flags/usage.js';
import { sizeRange, sizeText } from './flags/values.js';
import type { Verb, VerbName } from './flags/verbs.js';
import { DEFAULT_SIZE, type Work } from './plan/work.js';
import { terminalOf } from './report/ansi.js';
import { progressBar, renderSweep, renderTable, toCsv, toHtml, toJson } from './report/index.js';
import { compare, notWhole } from './run/compare.js';
import type { Engine } from './run/engine.js';
import { machine } from './run/machine.js';
import { type Bench, type Measured, measure, type Ui } from './run/measure.js';
import { endsByHand, STAMP_BYTES } from './run/notes.js';
import { type Side, sidesOf } from './run/side.js';
import { suiteWorks } from './run/suite.js';
import { sweep } from './run/sweep.js';
import type { BenchFile } from './types.js';

export const EXIT = { fine: 0, incorrect: 1, usage: 2, interrupted: 130 } as const;

export interface MainParts {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
  /** Loads the load generator; called once something is to be measured. */
  engine(): Engine;
  /** Calls back at Ctrl-C; returns how to stop that. */
  onInterrupt(stop: () => void): () => void;
}

/** Verbs whose latency is measured by a stamp in the payload; others use the answer. */
const STAMPED: ReadonlySet<VerbName> = new Set(['pubsub', 'match']);
const COMPARE_ROUNDS = 3;
const P99_MS = 2;
const SWEEP_STEP_MS = 2000;

export async function benchMain(parts: MainParts): Promise<number> {
  try {
    const command = parseCommand(parts.argv, parts.env);
    switch (command.action) {
      case 'version':
        parts.out(`nats-bench ${OWN_VERSION}\n`);
        return EXIT.fine;
      case 'help':
        parts.out(command.verb ? verbUsage(command.verb) : overview(OWN_VERSION));
        return EXIT.fine;
      case 'run':
        return await run(command, parts);
    }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    parts.err(`nats-bench: ${error.message}\n`);
    if (error.code !== 'USAGE') return EXIT.incorrect;
    parts.err('nats-bench --help lists verbs, nats-bench VERB --help their flags\n');
    return EXIT.usage;
  }
}

async function run(command: { verb: Verb; argument: string; flags: Flags }, parts: MainParts): Promise<number> {
  const { flags } = command;
  checkTogether(command.verb.name, flags);
  checkOutputs(flags);
  const works = command.verb.name === 'suite' ? suiteWorks(flags) : [workOf(command)];
  const sides = sidesOf(flags);
  const stop = new AbortController();
  const engine = parts.engine();
  const bench: Bench = { engine, ui: uiOf(flags), signal: stop.signal };
  const release = parts.onInterrupt(() => stop.abort());
  try {
    const file = { runs: [], comparison: [], meta: metaOf(flags, parts) } as BenchFile;
    const failures: BenchError[] = [];
    // A server that does not answer is reported before hours are spent on the other.
    for (const side of sides) if (!side.fresh) await side.open(stop.signal);
    if (flags.findMax) await findMax(bench, works[0] as Work, sides, file);
    else await measureAll(bench, works, sides, flags, file, failures, parts);
    report(file, flags, parts);
    if (file.runs.some(notWhole)) return EXIT.incorrect;
    if (stop.signal.aborted && !works.every(endsByHand)) return EXIT.interrupted;
    const notFound = file.sweep?.maxPerSecond === null;
    return failures.length > 0 || notFound || file.comparison.some(({ failed }) => failed) ? EXIT.incorrect : EXIT.fine;
  } catch (error) {
    if (!stop.signal.aborted || !(error instanceof BenchError)) throw error;
    parts.err(`nats-bench: ${error.message}\n`);
    return EXIT.interrupted;
  } finally {
    release();
    await engine.close();
  }
}

/** A report that can't be written is reported before hours are spent on it. */
function checkOutputs(flags: Flags): void {
  for (const name of [flags.json, flags.csv, flags.html]) {
    if (name === undefined || name === '-') continue;
    try {
      accessSync(existsSync(name) ? name : dirname(resolve(name)), constants.W_OK);
      if (existsSync(name) && statSync(name).isDirectory()) throw new Error('it is a folder');
    } catch (error) {
      throw unwritable(name, error);
    }
  }
}

function unwritable(name: string, error: unknown): BenchError {
  return new BenchError('FILE', `${name} can't be written: ${textOf(error)}`, error);
}

function checkTogether(verb: VerbName, flags: Flags): void {
  const spawned = flags.spawn?.length ?? 0;
  const named = spawned + (flags.vs === undefined ? 0 : 1) + (flags.servers && spawned > 0 ? 1 : 0);
  if (named > 2) throw usage('at most two servers are compared: --spawn twice, --spawn and --vs, or -s and --vs');
  if (spawned > 0 && flags.servers)
    throw usage('-s and --spawn exclude each other; -s and --vs, or --spawn and --vs, compare');
  if (flags.findMax && spawned + (flags.vs === undefined ? 0 : 1) > 1) {
    throw usage('--find-max looks at one server: leave out --vs and the second --spawn');
  }
  if (flags.p99 !== undefined && !flags.findMax) throw usage('--p99 is the bound of --find-max: add that');
  if (flags.findMax && sizeRange(flags.size ?? DEFAULT_SIZE).min < STAMP_BYTES && STAMPED.has(verb)) {
    throw usage(`--find-max needs latency, and payloads of at least ${STAMP_BYTES} bytes to measure it`);
  }
  if ([flags.json, flags.csv, flags.html].filter((name) => name === '-').length > 1) {
    throw usage('only one of --json, --csv and --html can go to stdout');
  }
  if (flags.pid !== undefined && spawned > 0) throw usage('--pid is not needed with --spawn: the process is known');
}

function workOf({ verb, argument, flags }: { verb: Verb; argument: string; flags: Flags }): Work {
  return { verb: verb.name, title: titleOf(verb, argument, flags), argument, flags };
}

function titleOf(verb: Verb, argument: string, flags: Flags): string {
  const size = sizeText(flags.size ?? DEFAULT_SIZE);
  const clients = (flags.clients ?? 1) > 1 ? ` x${flags.clients}` : '';
  switch (verb.name) {
    case 'mixed':
      return `mixed ${argument.split('/').at(-1)}`;
    case 'pubsub': {
      const queue = flags.queue === undefined ? '' : ' queue';
      return `pubsub ${flags.pub ?? 1}:${flags.sub ?? 1}${queue} ${size}`;
    }
    case 'conns':
      return `conns ${flags.clients ?? 1000}${flags.storm ? ' storm' : ''}`;
    case 'sub':
    case 'service':
      return `${verb.name}${clients}`;
    default:
      return `${verb.name} ${size}${clients}`;
  }
}

async function measureAll(
  bench: Bench,
  works: readonly Work[],
  sides: readonly Side[],
  flags: Flags,
  file: BenchFile,
  failures: BenchError[],
  parts: MainParts,
): Promise<void> {
  const comparing = sides.length > 1;
  const repeats = flags.repeat ?? (comparing ? COMPARE_ROUNDS : 1);
  for (const work of works) {
    if (bench.signal.aborted) break;
    const measured: Measured = await measure(bench, work, sides, repeats);
    if (measured.failed) {
      // One work alone has nothing else to report; a suite goes on with its other rows.
      if (works.length === 1 && measured.results.length === 0) throw measured.failed;
      failures.push(measured.failed);
      parts.err(`nats-bench: ${work.title}: ${measured.failed.message}\n`);
    }
    file.runs.push(...measured.results);
    if (comparing) file.comparison.push(compare(measured));
  }
}

async function findMax(bench: Bench, work: Work, sides: readonly Side[], file: BenchFile): Promise<void> {
  const { p99 = P99_MS, rate, duration = SWEEP_STEP_MS } = work.flags;
  const { sweep: found, runs } = await sweep({
    work: work.title,
    boundUs: p99 * 1000,
    ...(rate !== undefined && { start: rate }),
    run: async (step) => {
      if (bench.signal.aborted) return undefined;
      const stepped = { ...work, flags: { ...work.flags, rate: step, duration } };
      const { results, failed } = await measure(bench, stepped, sides, 1);
      if (failed) throw failed;
      return results[0];
    },
  });
  file.sweep = found;
  file.runs.push(...runs);
}

function uiOf(flags: Flags): Ui {
  return {
    begin: (title, options) =>
      flags.progress === false ? { update() {}, end() {} } : progressBar(process.stderr, { title, ...options }),
  };
}

function metaOf(flags: Flags, { argv, env }: MainParts): BenchFile['meta'] {
  return {
    tool: `nats-bench ${OWN_VERSION}`,
    date: new Date().toISOString(),
    command: withoutSecrets(argv),
    machine: machine(),
    ...(env.NATS_BENCH_COMMIT && { commit: env.NATS_BENCH_COMMIT }),
    ...(flags.suite !== undefined && { suite: flags.suite }),
  };
}

function report(file: BenchFile, flags: Flags, { out, err }: MainParts): void {
  const toStdout = [flags.json, flags.csv, flags.html].includes('-');
  const say = toStdout ? err : out;
  const terminal = terminalOf(toStdout ? process.stderr : process.stdout);
  if (file.runs.length > 0) say(renderTable(file.runs, file.comparison, terminal));
  if (file.sweep) say(renderSweep(file.sweep, terminal));
  if (file.runs.length === 0 && !file.sweep) say('Nothing was measured.\n');
  // One that can't be written must not cost the others.
  let failed: BenchError | undefined;
  const write = (name: string | undefined, text: () => string) => {
    if (name === undefined) return;
    if (name === '-') return out(text());
    try {
      writeFileSync(name, text());
    } catch (error) {
      failed ??= unwritable(name, error);
    }
  };
  write(flags.json, () => toJson(file));
  write(flags.csv, () => toCsv(file.runs));
  write(flags.html, () => toHtml(file));
  if (failed) throw failed;
}
