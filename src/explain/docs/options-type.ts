/** The types of what library users write, made from the option table: interfaces, so that editors show the meaning. */

import { TOP_LEVEL } from '../../config/schema.js';
import { type FieldSpec, notYet } from '../../config/spec.js';
import { type BlockType, blocksWithin, shortField, type ValueType } from '../../config/value-type.js';
import { defaultText } from './default-text.js';

const HEAD = `/**
 * What library users write. Made by \`npm run docs\` from the option table; changes here are lost.
 *
 * Says what inferred-types.ts makes of the table, in a form that editors can show. Types only.
 */

import type { ConnectionType } from './blocks/users.js';
`;
const NOTE = 'Everything may be left out; a value of `undefined` counts as left out.';

const UNITS: Partial<Record<ValueType['kind'], string>> = {
  size: "A number, or text such as `'1MB'`.",
  duration: "Milliseconds, or text such as `'1m30s'`.",
  address: '0 is any free port, `false` none whatever the file says.',
};

const COLUMNS = 120;

export function optionsType(top: BlockType = TOP_LEVEL): string {
  const blocks = blocksOf(top);
  return `${HEAD}${blocks.map(interfaceOf).join('')}`;
}

/** The block and those within it that the library has, each once. */
function blocksOf(block: BlockType, found: BlockType[] = []): BlockType[] {
  if (found.some(({ name }) => name === block.name)) return found;
  found.push(block);
  for (const field of block.fields) {
    if (field.key !== undefined && notYet(field) === undefined)
      for (const inner of blocksWithin(field.type)) blocksOf(inner, found);
  }
  return found;
}

function interfaceOf(block: BlockType): string {
  const note = block === TOP_LEVEL ? `/** ${NOTE} */\n` : '';
  const members = block.fields.flatMap((field) => (field.key === undefined ? [] : [member(field.key, field)]));
  return `\n${note}export interface ${block.name} {\n${members.join('')}}\n`;
}

function member(key: string, row: FieldSpec): string {
  const value = defaultText(row);
  const parts = [
    row.doc.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, libraryName),
    UNITS[row.type.kind],
    value && `Default: ${value}.`,
  ];
  const text = parts.filter(Boolean).join(' ');
  const [mark, absent] = row.required ? ['', ''] : ['?', ' | undefined'];
  return `${comment(text)}${declaration(`  ${key}${mark}: `, `${typeText(row.type)}${absent}`)}`;
}

/** On one line, or with a member of the union per line, as the formatter has it. */
function declaration(head: string, type: string): string {
  const line = `${head}${type};\n`;
  if (line.length <= COLUMNS + 1) return line;
  const members = type.replace(/^\((.*)\)(\[\].*)$/, '$1$2').split(' | ');
  return `${head.trimEnd()}\n${members.map((one) => `    | ${one}`).join('\n')};\n`;
}

function typeText(type: ValueType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'text':
      return 'string';
    case 'int':
    case 'port':
      return 'number';
    case 'size':
    case 'duration':
      return 'number | string';
    case 'address':
      return 'number | string | false';
    case 'choice':
      return type.name ?? type.values.map((value) => `'${value}'`).join(' | ');
    case 'list': {
      const one = typeText(type.of);
      const many = one.includes(' | ') ? `(${one})[]` : `${one}[]`;
      return type.single ? `${one} | ${many}` : many;
    }
    case 'map':
      return `Record<string, ${typeText(type.of)}>`;
    case 'block': {
      const short = shortField(type);
      return [...(type.onOff ? ['boolean'] : []), ...(short ? [typeText(short.type)] : []), type.name].join(' | ');
    }
    case 'either':
      return type.of.map(typeText).join(' | ');
    case 'any':
      return 'never';
  }
}

/** The table's sentences name options as files do. */
function libraryName(name: string): string {
  const rows: readonly FieldSpec[] = TOP_LEVEL.fields;
  return rows.find((row) => row.name === name)?.key ?? name;
}

function comment(text: string): string {
  const line = `  /** ${text} */\n`;
  if (line.length <= COLUMNS + 1) return line;
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (`   *${longer}`.length > COLUMNS) lines.push(` ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return `  /**\n${lines.map((part) => `   *${part}\n`).join('')}   */\n`;
}
