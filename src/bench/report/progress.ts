/**
 * One line per phase of a run, redrawn in place on a terminal; nothing elsewhere. The command polls the run and calls
 * `update`.
 */
import type { LoadPhase, LoadProgress } from '../../native/load-contract.js';
import { cut, painter, printable, type Terminal, terminalOf } from './ansi.js';
import * as f from './format.js';

export interface ProgressOptions {
  /** In front of every line: the work, the repeat. */
  title?: string;
  /** How long the measured part lasts where time ends it, for the bar and the time left. */
  measureMs?: number;
  /** How many clients are to connect. */
  connections?: number;
}

export interface ProgressBar {
  update(progress: LoadProgress): void;
  /** Leaves a clean line behind, whatever phase the run is in. */
  end(): void;
}

interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const SILENT: ProgressBar = { update() {}, end() {} };
const ERASE_LINE = '\r\x1b[2K';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

export function progressBar(
  stream: Output = process.stderr,
  options: ProgressOptions = {},
  env: Record<string, string | undefined> = process.env,
): ProgressBar {
  if (!stream.isTTY || env.TERM === 'dumb') return SILENT;
  let last: LoadProgress | undefined;
  let drawn = false;
  const draw = (progress: LoadProgress) => progressLine(progress, { ...options, ...terminalOf(stream, env) });
  return {
    update(progress) {
      // The line of a phase that is over stays; the next phase gets its own.
      const next = last !== undefined && last.phase !== progress.phase ? '\n' : '';
      stream.write(`${drawn ? '' : HIDE_CURSOR}${next || ERASE_LINE}${draw(progress)}`);
      last = progress;
      drawn = true;
    },
    end() {
      if (drawn) stream.write(`\n${SHOW_CURSOR}`);
      last = undefined;
      drawn = false;
    },
  };
}

const NAMES: Record<LoadPhase, string> = {
  connecting: 'connecting',
  subscribing: 'subscribing',
  'warming up': 'warming up',
  measuring: 'measuring',
  draining: 'draining',
  done: 'done',
};

/** The line itself: at most `columns` wide. */
export function progressLine(progress: LoadProgress, options: ProgressOptions & Terminal): string {
  const paint = painter(options);
  const { phase } = progress;
  const title = options.title ? `${cut(printable(options.title), Math.floor(options.columns / 3))}  ` : '';
  const head = `${title}${NAMES[phase].padEnd(11)}`;
  const done = doneOf(progress, options);
  const facts = factsOf(progress, options, done);
  const room = options.columns - 1 - head.length - facts.length - 3;
  // A bar shorter than this shows nothing the figures do not.
  const bar = done === undefined || room < 8 ? '' : ` ${drawBar(done, Math.min(room, 32))} `;
  const tail = cut(` ${facts}`, Math.max(0, options.columns - 1 - head.length - bar.length));
  return `${title}${paint('bold', NAMES[phase].padEnd(11))}${paint('cyan', bar)}${paint('dim', tail)}`.trimEnd();
}

/** 0 to 1, where an end is known. */
function doneOf(progress: LoadProgress, options: ProgressOptions): number | undefined {
  const share = (part: number, whole: number | undefined) => (whole ? Math.min(1, part / whole) : undefined);
  if (progress.phase === 'connecting') return share(progress.connected, options.connections);
  if (progress.phase === 'measuring') {
    return share(progress.published, progress.target) ?? share(progress.elapsedMs, options.measureMs);
  }
  return progress.phase === 'done' ? 1 : undefined;
}

function factsOf(progress: LoadProgress, options: ProgressOptions, done: number | undefined): string {
  const { phase, connected, published, delivered, elapsedMs } = progress;
  if (phase === 'connecting' || phase === 'subscribing') {
    return `${f.count(connected)}${options.connections ? ` of ${f.count(options.connections)}` : ''} connected`;
  }
  if (phase === 'warming up') return f.seconds(elapsedMs / 1000);
  const perSecond = (many: number) => f.rate(elapsedMs > 0 ? (many * 1000) / elapsedMs : 0);
  const parts = [`${perSecond(published)} out`, delivered > 0 ? `${perSecond(delivered)} in` : ''];
  if (phase === 'measuring' && done !== undefined && done > 0.02 && done < 1) {
    parts.push(`${f.seconds(((elapsedMs / done) * (1 - done)) / 1000)} left`);
  }
  return parts.filter(Boolean).join('  ');
}

function drawBar(done: number, columns: number): string {
  const full = Math.round(done * columns);
  return '━'.repeat(full) + '─'.repeat(columns - full);
}
