/**
 * The micro benchmarks: parser, subject matching and the path of a message, native beside plain TypeScript.
 *
 * `npm run bench:micro -- [FILTER] [--seconds N] [--keep] [--remark TEXT] [--smoke]`. Checks each row before it is
 * measured; `--smoke` only checks.
 */
import { parseArgs } from 'node:util';
import { loadAddon } from './addon.js';
import { matchWorks } from './match.js';
import { measure } from './measure.js';
import { parseWorks } from './parse.js';
import { cells, headLine, keep, line, type Row } from './report.js';
import { routeWorks } from './route.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    addon: { type: 'string' },
    results: { type: 'string' },
    commit: { type: 'string', default: 'unknown' },
    profile: { type: 'string', default: 'release' },
    seconds: { type: 'string', default: '1' },
    remark: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});

function refuse(text: string): never {
  console.error(`bench:micro: ${text}`);
  process.exit(1);
}

const seconds = Number(values.seconds);
if (!(seconds > 0)) refuse(`--seconds takes a number above 0, not ${values.seconds}`);
if (!values.addon) refuse('start it with npm run bench:micro, which builds the addon it needs');
const addon = loadAddon(values.addon);
const all = [...parseWorks(addon), ...matchWorks(addon), ...routeWorks(addon)];
const works = all.filter(({ group, name }) => positionals.every((part) => `${group}: ${name}`.includes(part)));
if (works.length === 0) refuse(`no row has ${positionals.join(' and ')} in its name`);

if (values.smoke) smoke();
else run();

/** Every row does what it claims, and the timing works. */
function smoke(): void {
  for (const { check } of works) check();
  for (const { native, messages } of works.slice(0, 1)) measure(native, messages, 0.001);
  console.log(`${works.length} passed, 0 failed`);
}

function run(): void {
  const rows: Row[] = [];
  console.log(headLine);
  for (const { group, name, messages, native, plain, check } of works) {
    check();
    const row = {
      group,
      name,
      messages,
      native: measure(native, messages, seconds),
      plain: measure(plain, messages, seconds),
    };
    rows.push(row);
    console.log(line(cells(row)));
  }
  if (!values.keep) return;
  if (!values.results) refuse('--keep needs --results FOLDER');
  const { commit, profile, remark: remarks } = values;
  const file = keep(values.results, rows, { version: addon.version(), commit, profile, seconds, remarks });
  console.error(`results are in ${file}`);
}
