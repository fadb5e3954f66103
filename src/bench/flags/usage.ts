/** The help texts, generated from the tables of flags and verbs. */
import { wrap } from '../report/ansi.js';
import { belongsTo, dashed, FLAG_GROUPS, FLAGS, type FlagRow } from './table.js';
import { VERBS, type Verb } from './verbs.js';

const COLUMN = 30;
const WIDTH = 118;

/** What `nats-bench --help` prints. */
export function overview(version: string): string {
  const lines = [
    `nats-bench ${version}: throughput, end-to-end latency, correctness and cost of any NATS server`,
    '',
    'Usage: nats-bench VERB [SUBJECT] [flags]',
    '       nats-bench --suite core|js|all|short [flags]',
    '',
    'Verbs:',
    ...VERBS.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`),
    '',
    'nats-bench VERB --help says which flags go with it. The most used:',
    ...['msgs', 'duration', 'size', 'rate', 'clients', 'repeat', 'servers', 'spawn', 'vs', 'suite', 'json', 'html'].map(
      (key) => flagLine(FLAGS[key as keyof typeof FLAGS]),
    ),
    '',
    'Exit code: 0 all well; 1 loss, duplicates, wrong order, slow-consumer cut-off or another error; 2 wrong usage.',
  ];
  return `${lines.join('\n')}\n`;
}

/** What `nats-bench VERB --help` prints. */
export function verbUsage(verb: Verb): string {
  const argument = verb.argument ? ` [${verb.argument.name.toUpperCase()}]` : '';
  const lines = [
    `nats-bench ${verb.name}: ${verb.summary}`,
    ...(verb.detail ?? []),
    '',
    `Usage: nats-bench ${verb.name === 'suite' ? '--suite NAME' : `${verb.name}${argument}`} [flags]`,
    ...(verb.argument ? [`  ${verb.argument.name.toUpperCase().padEnd(COLUMN - 2)} ${verb.argument.help}`] : []),
  ];
  for (const group of FLAG_GROUPS) {
    const rows = (Object.values(FLAGS) as FlagRow[]).filter((row) => row.group === group && belongsTo(row, verb.name));
    if (rows.length > 0) lines.push('', `${group}:`, ...rows.map(flagLine));
  }
  lines.push('', 'Examples:', ...verb.examples.map((example) => `  ${example}`));
  return `${lines.join('\n')}\n`;
}

function flagLine(row: FlagRow): string {
  const names = row.names.slice(0, 2).map(dashed).join(', ');
  const left = `  ${names}${row.arg ? ` ${row.arg}` : ''}${row.names.includes('headers') ? ', -H' : ''}`;
  const help = wrap(row.help + (row.env ? ` [${row.env}]` : ''), WIDTH - COLUMN);
  const indent = `\n${' '.repeat(COLUMN + 1)}`;
  return left.length <= COLUMN ? `${left.padEnd(COLUMN)} ${help.join(indent)}` : `${left}${indent}${help.join(indent)}`;
}
