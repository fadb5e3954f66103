/** The reference page of all options and flags, made from the option table. */

import { OPTIONS } from '../../config/schema.js';
import { type AnyFlag, COMMAND_FLAGS, dashed, OPTION_FLAGS } from '../../config/schema-flags.js';
import { type FieldSpec, FLAG_GROUPS, notYet, type OptionSpec } from '../../config/spec.js';
import { type BlockType, blocksWithin, shortField, type ValueType } from '../../config/value-type.js';
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

const RELOAD = { Y: 'applied', N: 'needs a restart', P: 'in part' } as const;

export function configurationPage(): string {
  const rows: readonly OptionSpec[] = OPTIONS;
  const lines = [INTRODUCTION];
  for (const [title, section] of sections(rows)) {
    const there = section.filter(({ support }) => support === 'yes');
    if (there.length > 0) lines.push(`## ${title}`, '', ...optionTable(there), '');
  }
  lines.push('## Blocks', '');
  lines.push(...blockTables(rows));
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
      return [name + also, typeWords(row.type), defaultText(row), RELOAD[row.reload], row.doc + flag];
    }),
  );
}

function fieldTable({ fields }: BlockType): string[] {
  return table(
    ['Field', 'Type', 'Default', 'Meaning'],
    fields.map((field) => {
      const { name, aliases, doc, flag } = field;
      const also = aliases ? `; also ${aliases.map(code).join(', ')}` : '';
      const sentence = notYet(field);
      const meaning = sentence === undefined ? doc : `${doc} Refused: ${sentence}.`;
      const given = flag ? ` Flag: ${spellings(flag.names)}.` : '';
      return [code(name) + also, typeWords(field.type), defaultText(field), meaning + given];
    }),
  );
}

/** A table per block that works. */
export function blockTables(rows: readonly FieldSpec[]): string[] {
  return [...supportedBlocks(rows)].flatMap(([title, block]) => [`### ${title}`, '', ...fieldTable(block), '']);
}

/** Each once, with the fields that hold one as the title. */
function supportedBlocks(rows: readonly FieldSpec[]): Map<string, BlockType> {
  const found = new Map<string, { titles: Set<string>; block: BlockType }>();
  const visit = (field: FieldSpec): void => {
    if (notYet(field) !== undefined) return;
    const title = field.type.kind === 'list' ? `An entry of ${field.name}` : field.name;
    for (const block of blocksWithin(field.type)) {
      const { titles } = found.get(block.name) ?? { titles: new Set<string>() };
      found.set(block.name, { titles: titles.add(title), block });
      for (const inner of block.fields) visit(inner);
    }
  };
  for (const row of rows) visit(row);
  return new Map([...found.values()].map(({ titles, block }) => [[...titles].join(', '), block]));
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

/** A type in the words of the page. */
function typeWords(type: ValueType): string {
  switch (type.kind) {
    case 'bool':
      return 'true or false';
    case 'text':
      return 'text';
    case 'int':
    case 'port':
      return 'integer';
    case 'size':
      return 'size';
    case 'duration':
      if (type.number === 'seconds') return 'seconds, or a duration';
      return type.number === 'refused' ? 'duration, quoted' : 'duration';
    case 'address':
      return 'port or "host:port"';
    case 'choice':
      return type.noun ?? inWords(type.values.map(code));
    case 'list': {
      const one = typeWords(type.of);
      return type.single ? `${one} or list of ${plural(one)}` : `list of ${plural(one)}`;
    }
    case 'map':
      return `block of ${plural(typeWords(type.of))}`;
    case 'block': {
      const short = shortField(type);
      return inWords([...(type.onOff ? ['true', 'false'] : []), ...(short ? [typeWords(short.type)] : []), 'a block']);
    }
    case 'either':
      return inWords(type.of.map(typeWords));
    case 'any':
      return 'any';
  }
}

function plural(words: string): string {
  return { text: 'texts', 'a block': 'blocks', 'connection type': 'connection types' }[words] ?? words;
}

function inWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
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
