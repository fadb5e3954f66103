/** The table of a run, and the file that keeps it. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Rate } from './measure.js';
import type { Work } from './work.js';

export interface Row extends Pick<Work, 'group' | 'name' | 'messages'> {
  native: Rate;
  plain: Rate;
}

const HEAD = ['work', 'native, M/s', 'ns', '+-%', 'TypeScript, M/s', 'ns', '+-%', 'ratio'];

export function cells({ group, name, native, plain }: Row): string[] {
  const side = ({ perSecond, nanoseconds, spread }: Rate) => [
    (perSecond / 1e6).toFixed(2),
    nanoseconds.toFixed(1),
    spread.toFixed(1),
  ];
  return [`${group}: ${name}`, ...side(native), ...side(plain), (native.perSecond / plain.perSecond).toFixed(1)];
}

const WIDTHS = [48, 11, 8, 6, 15, 8, 6, 6];

export function line(parts: string[]): string {
  return parts.map((part, at) => (at === 0 ? part.padEnd(WIDTHS[0] ?? 0) : part.padStart(WIDTHS[at] ?? 0))).join(' ');
}

export const headLine = line(HEAD);

export interface Circumstances {
  version: string;
  commit: string;
  seconds: number;
  profile: string;
  remarks: string[];
}

export function markdown(rows: Row[], { version, commit, seconds, profile, remarks }: Circumstances, at: Date): string {
  const row = (parts: string[]) => `| ${parts.join(' | ')} |`;
  const load = loadavg().map((one) => one.toFixed(1));
  return [
    `# Micro benchmarks: native and TypeScript, ${at.toISOString().slice(0, 10)}`,
    '',
    `- nats-turbo ${version}, commit ${commit}, addon built as ${profile}; Node ${process.versions.node}, V8 ${process.versions.v8}`,
    `- machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, ${type()} ${release()}; load average at the end ${load.join(', ')}`,
    `- command: \`npm run bench:micro -- --seconds ${seconds} --keep\`: so long for each side of each row, on one thread`,
    ...remarks.map((remark) => `- ${remark}`),
    '',
    'A call takes a batch: 256 KiB of stream, or 4,096 subjects. Rates are medians of samples, `ns` is per message (or',
    'subject), `+-%` says how far the middle half of the samples lies from the median, a ratio above 1 is in favour of the',
    'native side. Before a row is measured both sides give the same result for its batch. What each row does, and its',
    'TypeScript, is in `bench/micro`. One publisher that stays with one subject and one size (`route: 1 to 1`) is where the',
    'native side gains most: runs of equal control lines are handled as one. Random subjects have no such runs.',
    '',
    row(HEAD),
    row(['---', ...HEAD.slice(1).map(() => '---:')]),
    ...rows.map((one) => row(cells(one))),
    '',
  ].join('\n');
}

/** Writes `DATE-micro.md` and `.json` into the folder; returns the path of the former. */
export function keep(folder: string, rows: Row[], circumstances: Circumstances): string {
  const at = new Date();
  const base = `${folder}/${at.toISOString().slice(0, 10)}-micro`;
  writeFileSync(`${base}.md`, markdown(rows, circumstances, at));
  writeFileSync(`${base}.json`, `${JSON.stringify({ date: at.toISOString(), ...circumstances, rows })}\n`);
  return `${base}.md`;
}
