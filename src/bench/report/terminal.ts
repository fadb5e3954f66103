/** The report on a terminal: a block per run while they are few, a table when they are many, then the comparison. */
import type { ComparisonRow, RunResult } from '../types.js';
import { type Terminal, terminalOf } from './ansi.js';
import { block } from './terminal-blocks.js';
import { ratios } from './terminal-ratios.js';
import { remarks, table } from './terminal-table.js';

/** More runs than this become a table. */
const BLOCKS_MAX = 4;

export interface TableOptions extends Partial<Terminal> {
  layout?: 'auto' | 'blocks' | 'table';
}

export function renderTable(
  runs: readonly RunResult[],
  comparison: readonly ComparisonRow[] = [],
  options: TableOptions = {},
): string {
  const terminal = { ...terminalOf(process.stdout), ...options };
  const layout = options.layout ?? 'auto';
  const blocks = layout === 'blocks' || (layout === 'auto' && runs.length <= BLOCKS_MAX);
  const parts = blocks ? runs.map((run) => block(run, runs, terminal)) : [table(runs, terminal)];
  if (!blocks) parts.push(remarks(runs, terminal));
  if (comparison.length > 0) parts.push(ratios(comparison, runs, terminal));
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
