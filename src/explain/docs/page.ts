/** The reference page of all options and flags, made from the option table. */

import { OPTIONS } from '../../config/schema.js';
import {
  AUTHORIZATION_FIELDS,
  type FieldSpec,
  PERMISSION_FIELDS,
  RESPONSE_FIELDS,
  USER_FIELDS,
} from '../../config/schema-authorization.js';
import { type AnyFlag, COMMAND_FLAGS, dashed, OPTION_FLAGS } from '../../config/schema-flags.js';
import { FLAG_GROUPS, type OptionSpec } from '../../config/spec.js';
import { defaultText } from './default-text.js';
import { INTRODUCTION } from './introduction.js';

/** Where a section of the table begins; what follows belongs to it up to the next. */
const SECTIONS: Readonly<Record<string, string>> = {
  listen: 'Listening',
  max_control_line: 'Limits',
  ping_interval: 'Timing',
  debug: 'Logging and files',
  http: 'Monitoring',
  authorization: 'Security',
  jetstream: 'JetStream',
  cluster: 'Other connections',
};

const TYPES: Record<string, string> = {
  bool: 'true or false',
  string: 'text',
  int: 'integer',
  size: 'size',
  duration: 'duration',
  duration_string: 'duration, quoted',
  listen: 'port or "host:port"',
  write_timeout: '`default`, `close` or `retry`',
  log_format: '`text` or `json`',
  tags: 'text, or a list of texts',
  metadata: 'block of texts',
  feature_flags: 'block of true or false',
  authorization: 'block, see below',
  any: 'block',
};
const RELOAD = { Y: 'applied', N: 'needs a restart', P: 'in part' } as const;

const BLOCKS: readonly (readonly [title: string, fields: readonly FieldSpec[]])[] = [
  ['authorization', AUTHORIZATION_FIELDS],
  ['An entry of users', USER_FIELDS],
  ['permissions', PERMISSION_FIELDS],
  ['allow_responses, when it is a block', RESPONSE_FIELDS],
];

export function configurationPage(): string {
  const rows: readonly OptionSpec[] = OPTIONS;
  const lines = [INTRODUCTION];
  for (const [title, section] of sections(rows)) {
    const there = section.filter(({ support }) => support === 'yes');
    if (there.length > 0) lines.push(`## ${title}`, '', ...optionTable(there), '');
  }
  lines.push('## Blocks', '');
  for (const [title, fields] of BLOCKS) lines.push(`### ${title}`, '', ...fieldTable(fields), '');
  lines.push(
    '## Flags',
    '',
    'One dash or two, `-x value` or `-x=value`; a switch takes a value only as `-x=false`.',
    '',
  );
  lines.push(...flagTable(), '');
  lines.push('## Refused until built', '');
  lines.push('Known, and refused with their place; `--allow-unsupported` skips them with a warning.', '');
  lines.push(...refusedTable(rows), '');
  return lines.join('\n');
}

function sections(rows: readonly OptionSpec[]): Map<string, OptionSpec[]> {
  const found = new Map<string, OptionSpec[]>();
  let title = '';
  for (const row of rows) {
    title = SECTIONS[row.name] ?? title;
    if (row.inFile !== false) found.set(title, [...(found.get(title) ?? []), row]);
  }
  return found.set(
    'Library only',
    rows.filter(({ inFile }) => inFile === false),
  );
}

function optionTable(rows: readonly OptionSpec[]): string[] {
  return table(
    ['Option', 'Type', 'Default', 'Reload', 'Meaning'],
    rows.map((row) => {
      // Those of the library alone have no other name.
      const name = code(row.inFile === false ? (row.key ?? row.name) : row.name);
      const also = row.aliases ? `; also ${row.aliases.map(code).join(', ')}` : '';
      const flag = row.flag ? ` Flag: ${spellings(row.flag.names)}.` : '';
      return [name + also, TYPES[row.type] ?? row.type, defaultText(row), RELOAD[row.reload], row.doc + flag];
    }),
  );
}

function fieldTable(fields: readonly FieldSpec[]): string[] {
  return table(
    ['Field', 'Meaning'],
    fields.map(({ name, aliases, doc, support }) => {
      const also = aliases ? `; also ${aliases.map(code).join(', ')}` : '';
      return [code(name) + also, support === 'yes' ? doc : `${doc} Refused: ${support.notYet}.`];
    }),
  );
}

function flagTable(): string[] {
  const flags: readonly AnyFlag[] = [...OPTION_FLAGS, ...COMMAND_FLAGS];
  const byGroup = FLAG_GROUPS.flatMap((group) => flags.filter((flag) => flag.group === group));
  return table(
    ['Flag', 'Value', 'Meaning'],
    byGroup.map(({ names, arg, help, kind, support }) => {
      const value = kind === 'bool' ? '' : code(arg ?? `<${kind}>`);
      return [spellings(names), value, support === 'yes' ? help : `${help}. Refused: ${support.notYet}`];
    }),
  );
}

function refusedTable(rows: readonly OptionSpec[]): string[] {
  const refused = rows.flatMap(({ name, aliases, doc, support }) => {
    if (support === 'yes') return [];
    return [[[name, ...(aliases ?? [])].map(code).join(', '), doc, support.notYet]];
  });
  return table(['Option', 'Meaning', 'Why not yet'], refused);
}

function spellings(names: readonly string[]): string {
  return names.map((name) => code(dashed(name))).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}
