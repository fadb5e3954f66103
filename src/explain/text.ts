/** Explanations and differences as text for people, and as JSON for programs. Formats; decides nothing. */

import type { Change, Difference, Side } from './diff.js';
import { originText } from './entry.js';
import type { Explanation } from './explain.js';

const SHOWN_WIDTH_MAX = 40;

export function explanationText({ file, digest, entries, warnings }: Explanation): string {
  const lines = [file === undefined ? 'no configuration file' : `${file} (${digest})`, ''];
  const names = widest(entries.map(({ name }) => name));
  const values = Math.min(SHOWN_WIDTH_MAX, widest(entries.map(({ shown }) => shown)));
  for (const { name, shown, origin, ignored } of entries) {
    const note = ignored === undefined ? '' : ` (ignored: ${ignored})`;
    lines.push(`${name.padEnd(names)}  ${shown.padEnd(values)}  ${originText(origin)}${note}`);
  }
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `warning: ${warning}`));
  return `${lines.join('\n')}\n`;
}

export function explanationJson({ file, digest, entries, warnings }: Explanation): string {
  const options = entries.map(({ name, value, origin, reload, ignored }) => ({
    name,
    value,
    origin,
    reload: RELOAD[reload],
    ...(ignored === undefined ? {} : { ignored }),
  }));
  return json({ file: file ?? null, digest: digest ?? null, options, warnings });
}

const RELOAD = { Y: 'reload', N: 'restart', P: 'partly' } as const;

export function differenceText(result: Difference): string {
  const lines: string[] = [];
  const section = (title: string, changes: readonly Change[]): void => {
    if (changes.length === 0) return;
    lines.push(title, ...changes.flatMap(changeLines), '');
  };
  section('A reload applies:', result.reload);
  section('A reload applies in part:', result.partly);
  section('Needs a restart:', result.restart);
  section('Without effect either way:', result.ignored);
  lines.push(verdict(result));
  return `${lines.join('\n')}\n`;
}

export function differenceJson(result: Difference): string {
  return json(result);
}

function changeLines({ name, before, after }: Change): string[] {
  return [`  ${name}`, `    - ${sideText(before)}`, `    + ${sideText(after)}`];
}

function sideText(side: Side | undefined): string {
  return side === undefined ? '(not there)' : `${side.shown}  ${originText(side.origin)}`;
}

function verdict({ verdict, restart }: Difference): string {
  if (verdict === 'same') return 'Both say the same.';
  if (verdict === 'reload') return 'A reload goes through.';
  const names = restart.map(({ name }) => name).join(', ');
  return `A reload would be refused because of ${names}, and nothing of it would apply: restart instead.`;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
