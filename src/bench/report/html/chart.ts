/**
 * What every chart shares: the SVG frame with its title and description, the two sizes, axes, marks, tooltips.
 * A chart is drawn once wide and once narrow, so text keeps its size on a telephone; the style sheet shows one of them.
 */
import { el, escapeHtml, textEl } from './markup.js';

export interface Size {
  name: 'wide' | 'narrow' | 'panel';
  width: number;
}

export const WIDE: Size = { name: 'wide', width: 920 };
export const NARROW: Size = { name: 'narrow', width: 340 };
/** One of several charts in a row: the same on every screen. */
export const PANEL: Size = { name: 'panel', width: 300 };

export interface Drawing {
  /** Names the chart for tests and styles: `throughput`, `latency`, … */
  kind: string;
  title: string;
  description: string;
  size: Size;
  height: number;
  marks: string[];
}

export function svg({ kind, title, description, size, height, marks }: Drawing): string {
  const attributes = {
    class: `chart ${size.name}`,
    'data-chart': kind,
    viewBox: `0 0 ${size.width} ${Math.ceil(height)}`,
    width: size.width,
    height: Math.ceil(height),
    role: 'img',
  };
  return el('svg', attributes, textEl('title', title), textEl('desc', description), ...marks);
}

/** Both sizes of a chart that takes the whole width. */
export function responsive(draw: (size: Size) => string): string {
  return draw(WIDE) + draw(NARROW);
}

export interface Point {
  x: number;
  y: number;
}

export function label(text: string, { x, y }: Point, attributes: Record<string, string | number> = {}): string {
  return textEl('text', text, { x, y, ...attributes });
}

export function line(from: Point, to: Point, className: string): string {
  return el('line', { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: className });
}

export function path(points: readonly Point[], className: string): string {
  return el('path', { d: pathData(points), class: className });
}

export function pathData(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

export function dot({ x, y }: Point, className: string, radius = 2.5): string {
  return el('circle', { cx: x, cy: y, r: radius, class: className, 'data-point': '' });
}

/** A horizontal bar with a round end on the side of its value. */
export function bar(from: number, to: number, y: number, height: number, className: string): string {
  const span = Math.abs(to - from);
  const r = Math.min(2.5, span / 2, height / 2);
  const way = to >= from ? 1 : -1;
  const d =
    `M${round(from)} ${round(y)}H${round(to - way * r)}q${round(way * r)} 0 ${round(way * r)} ${r}` +
    `v${round(height - 2 * r)}q0 ${r} ${round(-way * r)} ${r}H${round(from)}Z`;
  return el('path', { d, class: className, 'data-point': '' });
}

/** The interval around a value, drawn over its bar. */
export function whisker(low: number, high: number, y: number, reach = 3.5): string {
  if (!(Math.abs(high - low) > 1)) return '';
  const d = `M${round(low)} ${round(y)}H${round(high)}M${round(low)} ${round(y - reach)}v${reach * 2}M${round(high)} ${round(y - reach)}v${reach * 2}`;
  return el('path', { d, class: 'whisker' });
}

/** An area that shows `tip` when pointed at; its first line is the heading. */
export function hit(x: number, y: number, width: number, height: number, tip: readonly string[], inside = ''): string {
  const area = el('rect', { x, y, width: Math.max(0, width), height: Math.max(0, height), class: 'area' });
  return el('g', { class: 'hit', 'data-tip': tip.join('\n') }, area, inside);
}

/** About how wide `text` is in the charts' type; used only to decide what fits. */
export function textWidth(text: string, size = 12): number {
  return [...text].length * size * 0.56;
}

/** `text` in at most `lines` lines of `width`; what does not fit ends in an ellipsis. */
export function fold(text: string, width: number, lines: number, size = 12): string[] {
  const result: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const joined = current === '' ? word : `${current} ${word}`;
    if (current !== '' && textWidth(joined, size) > width) {
      result.push(current);
      current = word;
    } else current = joined;
  }
  result.push(current);
  const most = Math.floor(width / (size * 0.56));
  const kept = result.slice(0, lines).map((one) => (one.length > most ? `${one.slice(0, most - 1)}…` : one));
  if (result.length > lines) kept[lines - 1] = `${(kept[lines - 1] ?? '').slice(0, most - 1)}…`;
  return kept;
}

export interface LegendEntry {
  text: string;
  className: string;
  shape?: 'square' | 'line' | 'dashed';
}

export function legend(entries: readonly LegendEntry[]): string {
  return el(
    'ul',
    { class: 'legend' },
    ...entries.map(({ text, className, shape = 'square' }) =>
      el('li', {}, el('span', { class: `key ${shape} ${className}` }), escapeHtml(text)),
    ),
  );
}

/** The table of a chart, for screen readers and for people who prefer numbers. */
export function asTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  summary = 'Show as table',
): string {
  return el('details', { class: 'data' }, textEl('summary', summary), table(caption, head, rows));
}

const LEFT = new Set(['Server', 'Role', 'Result']);

export function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const leftOf = (index: number) => (LEFT.has(head[index] ?? '') ? { class: 'left' } : {});
  const cells = (row: readonly string[]) =>
    row
      .map((cell, index) => (index === 0 ? textEl('th', cell, { scope: 'row' }) : textEl('td', cell, leftOf(index))))
      .join('');
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      textEl('caption', caption),
      el(
        'thead',
        {},
        el('tr', {}, ...head.map((cell, index) => textEl('th', cell, { scope: 'col', ...leftOf(index) }))),
      ),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, cells(row)))),
    ),
  );
}

const round = (value: number): number => Math.round(value * 100) / 100;
