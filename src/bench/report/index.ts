/**
 * How results are shown: terminal, progress, JSON, CSV, one HTML page. Every function takes the model of
 * `../types.ts` and returns text; files, exit codes and measuring belong to the caller.
 */
export { type Terminal, terminalOf } from './ansi.js';
export { toCsv } from './csv.js';
export { overallVerdict, type Verdict, verdictOf } from './facts.js';
export { toHtml } from './html/page.js';
export { toJson } from './json.js';
export { type ProgressBar, type ProgressOptions, progressBar } from './progress.js';
export { renderTable, type TableOptions } from './terminal.js';
export { renderSweep } from './terminal-sweep.js';
