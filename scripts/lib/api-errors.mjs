/**
 * What is made of the table of JetStream's errors (src/jetstream/errors/table.json): constants of TypeScript, the page of
 * documentation and, where a crate wants them, constants of Rust. Another output is one more row of `OUTPUTS`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';

const TABLE = 'src/jetstream/errors/table.json';
const MADE = `made from ${TABLE} by npm run docs; do not edit`;

/** `needs`: the folder without which the file is not made; a crate that wants the constants has it. */
const OUTPUTS = [
  { path: 'src/jetstream/errors/codes.ts', render: typescript },
  { path: 'docs/jetstream-errors.md', render: page },
  { path: 'native/jetstream/src/errors/codes.rs', render: rust, needs: 'native/jetstream/src/errors' },
];

/** The texts of all files, by path. */
export function apiErrorFiles() {
  const table = JSON.parse(readFileSync(join(root, TABLE), 'utf8'));
  const made = OUTPUTS.filter(({ needs = '.' }) => existsSync(join(root, needs)));
  return Object.fromEntries(made.map(({ path, render }) => [path, render(table, dirname(path))]));
}

function typescript(table) {
  const rows = table.map(entry).join('');
  return `/** The errors of the JetStream API; ${MADE}. */

export const API_ERRORS = {
${rows}} as const;
`;
}

/** On one line where the formatter would leave it there. */
function entry({ name, errCode, code, text }) {
  const fields = [`errCode: ${errCode}`, `code: ${code}`, `text: ${quoted(text)}`];
  const line = `  ${name}: { ${fields.join(', ')} },\n`;
  return line.length <= 121 ? line : `  ${name}: {\n${fields.map((field) => `    ${field},\n`).join('')}  },\n`;
}

function quoted(text) {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

function rust(table) {
  const rows = table.map(({ name, errCode, code, text }) => {
    const constant = name.replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3_$2$4').toUpperCase();
    return `/// \`${text}\`\npub const ${constant}: ApiError = error(${errCode}, ${code}, ${JSON.stringify(text)});\n`;
  });
  return `//! The errors of the JetStream API; ${MADE}.

/// An error as the table says it: names in braces stand for what is known only where it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiError {
    /// What clients tell errors apart by.
    pub err_code: u16,
    /// Its class, as HTTP has them.
    pub code: u16,
    /// What is wrong.
    pub text: &'static str,
}

const fn error(err_code: u16, code: u16, text: &'static str) -> ApiError {
    ApiError { err_code, code, text }
}

${rows.join('')}`;
}

const GROUPS = {
  sent: 'Errors that clients receive',
  clusterOnly: 'Errors of clusters',
  unused: 'Errors that nothing causes any more',
  shadowed: 'Errors that an earlier check precludes',
};

function page(table) {
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const rows = table.filter(({ sent }) => sent === group);
    return `## ${title}\n\n${tableOf(rows)}`;
  });
  return `<!-- ${MADE} -->
# Errors of the JetStream API

An answer of \`$JS.API\` that tells of an error has \`"error":{"code":…,"err_code":…,"description":"…"}\`. Programs tell
errors apart by \`err_code\`; \`code\` is the class of the error, as in HTTP. Names in braces stand for what is filled in.
Numbers and texts are those of nats-server 2.15.2.

${sections.join('\n')}`;
}

function tableOf(rows) {
  const lines = rows.map(({ errCode, code, text, when = '' }) => `| ${errCode} | ${code} | \`${text}\` | ${when} |\n`);
  return `| err_code | code | description | where |\n|---|---|---|---|\n${lines.join('')}`;
}
