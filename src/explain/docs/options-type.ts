/** The type of what library users write, made from the option table: an interface, so that editors show the meaning. */

import { OPTIONS } from '../../config/schema.js';
import type { OptionSpec, OptionType } from '../../config/spec.js';
import { defaultText } from './default-text.js';

const HEAD = `/**
 * What library users write. Made by \`npm run docs\` from the option table; changes here are lost.
 *
 * Says what the types in types.ts make of the table, in a form that editors can show. Types only.
 */

import type { AuthorizationOptions, LogFormat, WriteTimeoutPolicy } from './types.js';

/** Everything may be left out; a value of \`undefined\` counts as left out. */
export interface BrokerOptions {
`;

const TYPES: Readonly<Record<OptionType, string>> = {
  bool: 'boolean',
  string: 'string',
  int: 'number',
  size: 'number | string',
  duration: 'number | string',
  duration_string: 'number | string',
  listen: 'number | string | false',
  write_timeout: 'WriteTimeoutPolicy',
  log_format: 'LogFormat',
  tags: 'string | string[]',
  metadata: 'Record<string, string>',
  feature_flags: 'Record<string, boolean>',
  authorization: 'AuthorizationOptions',
  any: 'never',
};

const UNITS: Partial<Record<OptionType, string>> = {
  size: "A number, or text such as `'1MB'`.",
  duration: "Milliseconds, or text such as `'1m30s'`.",
  duration_string: "Milliseconds, or text such as `'1m30s'`.",
  listen: '0 is any free port, `false` none whatever the file says.',
};

const COLUMNS = 120;

export function optionsType(): string {
  const rows: readonly OptionSpec[] = OPTIONS;
  const members = rows.flatMap((row) => (row.key === undefined ? [] : [member(row.key, row)]));
  return `${HEAD}${members.join('')}}\n`;
}

function member(key: string, row: OptionSpec): string {
  const value = defaultText(row);
  const parts = [
    row.doc.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, libraryName),
    UNITS[row.type],
    value && `Default: ${value}.`,
  ];
  const text = parts.filter(Boolean).join(' ');
  return `${comment(text)}  ${key}?: ${TYPES[row.type]} | undefined;\n`;
}

/** The table's sentences name options as files do. */
function libraryName(name: string): string {
  const rows: readonly OptionSpec[] = OPTIONS;
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
