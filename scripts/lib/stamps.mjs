/**
 * Says whether a step of the build is stale: its inputs differ from the last run, or an output is gone.
 *
 * Owns the files under .stamps/. Sizes and times are compared first, which takes milliseconds; contents only where
 * those differ, so a checkout that merely touches files rebuilds nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const folder = join(root, '.stamps');

/**
 * @param {{name: string, inputs: () => string[], outputs: () => string[], settings?: unknown}} step
 *   `inputs` and `outputs` are paths below the root.
 */
export function isStale(step) {
  if (step.outputs().some((file) => !existsSync(join(root, file)))) return true;
  const last = readStamp(step.name);
  if (!last || last.settings !== settingsOf(step)) return true;
  const inputs = step.inputs();
  if (last.looks === looksOf(inputs)) return false;
  if (last.contents !== contentsOf(inputs)) return true;
  writeStamp(step, inputs);
  return false;
}

/** Call it with the inputs as they were before the step ran, so that an edit made meanwhile counts as stale. */
export function stampOf(step) {
  const inputs = step.inputs();
  return { settings: settingsOf(step), looks: looksOf(inputs), contents: contentsOf(inputs) };
}

export function saveStamp(step, stamp) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${step.name}.json`), `${JSON.stringify(stamp)}\n`);
}

/** Files below `folder` whose name ends in one of `endings`, as paths below the root. */
export function filesBelow(start, endings) {
  const found = [];
  const visit = (relative) => {
    let entries;
    try {
      entries = readdirSync(join(root, relative), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      if (entry.name === 'node_modules' || entry.name === 'target' || entry.name.startsWith('.')) continue;
      const path = `${relative}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
    }
  };
  visit(start);
  return found.sort();
}

function writeStamp(step, inputs) {
  saveStamp(step, { ...stampOf(step), looks: looksOf(inputs) });
}

function readStamp(name) {
  try {
    return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  } catch {
    return undefined;
  }
}

function settingsOf(step) {
  return JSON.stringify(step.settings ?? null);
}

function looksOf(files) {
  const hash = createHash('sha1');
  for (const file of files) {
    const found = statSync(join(root, file), { throwIfNoEntry: false });
    hash.update(`${file}\0${found ? `${found.size} ${found.mtimeMs}` : 'none'}\n`);
  }
  return hash.digest('hex');
}

function contentsOf(files) {
  const hash = createHash('sha1');
  for (const file of files) {
    hash.update(`${file}\0`);
    const path = join(root, file);
    if (existsSync(path)) hash.update(readFileSync(path));
    hash.update('\0');
  }
  return hash.digest('hex');
}
