/**
 * What a terminal can show: colour, width, and text laid out in columns. Colour is an extra, never the only sign.
 */

export interface Terminal {
  columns: number;
  color: boolean;
}

/** What `stream` shows: no colour for files and pipes, NO_COLOR, or a dumb terminal; FORCE_COLOR overrules. */
export function terminalOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Record<string, string | undefined> = process.env,
): Terminal {
  const tty = stream.isTTY === true;
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const color = !env.NO_COLOR && (forced || (tty && env.TERM !== 'dumb' && env.FORCE_COLOR !== '0'));
  const columns = stream.columns || Number(env.COLUMNS) || (tty ? 80 : 120);
  return { columns: Math.max(40, columns), color };
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Tone = keyof typeof CODES;

export function painter({ color }: Pick<Terminal, 'color'>): (tone: Tone, text: string) => string {
  return (tone, text) => (color && text !== '' ? `\x1b[${CODES[tone][0]}m${text}\x1b[${CODES[tone][1]}m` : text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences `painter` writes
const PAINT = /\x1b\[\d+m/g;

/** Columns that `text` takes; everything the reports write is one column a character. */
export function width(text: string): number {
  return [...text.replace(PAINT, '')].length;
}

export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'left' ? text + space : space + text;
}

/** Shortens unpainted text to `columns`. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return '';
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** Names and errors come from servers: what moves a cursor must not reach the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

/** Breaks unpainted text into lines of at most `columns`. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Columns with the highest number are left out first when the terminal is narrow; 0 stays. */
  drop?: number;
  /** May be shortened to this many characters before any column is left out. */
  shrinkTo?: number;
}

export const GAP = '  ';

/** Shorter than this a name says nothing. */
const NAME_MIN = 6;

/** Lines of a table that fits `terminal`. Cells of a column that may shrink must come unpainted. */
export function layOut(columns: readonly Column[], rows: readonly string[][], terminal: Terminal): string[] {
  const paint = painter(terminal);
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const naturals = [...widths];
  // A column without a single value says nothing.
  let shown = columns.map((_, index) => index).filter((index) => !columns[index]?.drop || !isEmpty(rows, index));
  const total = () => shown.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * (shown.length - 1);
  for (;;) {
    const excess = total() - terminal.columns;
    if (excess <= 0) break;
    const elastic = shown.find((index) => (widths[index] ?? 0) > (columns[index]?.shrinkTo ?? Infinity));
    if (elastic !== undefined) {
      widths[elastic] = Math.max(columns[elastic]?.shrinkTo ?? 0, (widths[elastic] ?? 0) - excess);
      continue;
    }
    const least = Math.max(...shown.map((index) => columns[index]?.drop ?? 0));
    if (least === 0) {
      // No further column may be left out: names are shortened until every line fits.
      const last = shown.find((index) => columns[index]?.shrinkTo !== undefined && (widths[index] ?? 0) > NAME_MIN);
      if (last === undefined) break;
      widths[last] = Math.max(NAME_MIN, (widths[last] ?? 0) - excess);
      continue;
    }
    shown = shown.filter((index) => columns[index]?.drop !== least);
  }
  // The width of a column that is left out is free for those that were shortened.
  for (const index of shown) {
    const natural = naturals[index] ?? 0;
    const grown = (widths[index] ?? 0) + Math.max(0, terminal.columns - total());
    if ((widths[index] ?? 0) < natural) widths[index] = Math.min(natural, grown);
  }
  const line = (cells: readonly string[]) =>
    shown
      .map((index) => {
        const text = cells[index] ?? '';
        const fits = columns[index]?.shrinkTo === undefined ? text : cut(text, widths[index] ?? 0);
        return pad(fits, widths[index] ?? 0, columns[index]?.align);
      })
      .join(GAP)
      .trimEnd();
  const header = line(columns.map((column) => column.title));
  return [paint('dim', header), ...rows.map((row) => line(row))];
}

function isEmpty(rows: readonly string[][], index: number): boolean {
  return rows.every((row) => row[index] === '' || row[index] === '–');
}
