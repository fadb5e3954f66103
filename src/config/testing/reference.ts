/** For tests: what nats-server says about a configuration, where it is present, and what we say. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { loadConfigText } from '../load.js';

/** The path of nats-server, from NATS_SERVER or the PATH. */
export function referenceServer(): string | undefined {
  if (process.env.NATS_SERVER) return process.env.NATS_SERVER;
  const places = (process.env.PATH ?? '').split(':').filter((place) => place !== '');
  return places.map((place) => join(place, 'nats-server')).find((path) => existsSync(path));
}

/** Our complaints about a text, each `line:column: what`. Sorted: the reference reports in any order. */
export function complaints(text: string): string[] {
  try {
    loadConfigText(text, 'F', { env: {} });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return linesOf(error.message);
    throw error;
  }
}

/** The same of nats-server. `directory`: where the file may be written. */
export function complaintsOfReference(binary: string, directory: string, text: string): string[] {
  const file = join(directory, 'c.conf');
  writeFileSync(file, text);
  const { stderr } = spawnSync(binary, ['-t', '-c', file], { encoding: 'utf8' });
  return linesOf(stderr.replaceAll(file, 'F'));
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.includes('F:'));
  return lines.map((line) => line.replace(/^.*?F:/, '').trim()).sort();
}
