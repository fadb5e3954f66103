/**
 * From a file to its tree: reads it, follows its includes, looks variables up in the environment.
 *
 * The only part of the language that touches the file system and the environment; both can be given from outside.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemText } from '../../system-text.js';
import { Cursor } from './cursor.js';
import { Document, type DocumentContext } from './document.js';
import { readDocument } from './grammar.js';
import { type ConfigMap, type ConfigValue, SyntaxProblem } from './nodes.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HostEnvironment {
  environment: Environment;
  readFile(path: string): Uint8Array;
  /** Whether values of this key may be secrets, which errors must not show. */
  isSecret?(key: string): boolean;
}

/** Files and environment variables of this process. */
export function hostEnvironment(environment: Environment = process.env): HostEnvironment {
  return { environment, readFile: (path) => readFileSync(path) };
}

/** Files may include files, but not forever. */
const INCLUDE_DEPTH_MAX = 32;
/** An environment variable may include others, but its text must not grow the tree without end. */
const ENVIRONMENT_DEPTH_MAX = 32;

/** The key under which the text of an environment variable is parsed. */
const ENVIRONMENT_KEY = 'pk';

/** Parses a file and what it includes; throws `SyntaxProblem`. */
export function parseFile(path: string, host: HostEnvironment): ConfigMap {
  return parseBytes(read(path, host), path, host);
}

/** Parses text as if it stood in `file`; throws `SyntaxProblem`. */
export function parseBytes(bytes: Uint8Array, file: string, host: HostEnvironment): ConfigMap {
  return parse(bytes, file, host, new Set(), [file]);
}

function parse(
  bytes: Uint8Array,
  file: string,
  host: HostEnvironment,
  variables: Set<string>,
  files: string[],
): ConfigMap {
  const context: DocumentContext = {
    environment: (name) => environmentValue(name, host, variables),
    included: (path) => includedFile(path, file, host, files),
    isSecret: (key) => host.isSecret?.(key) ?? false,
  };
  const document = new Document(file, context);
  const { end, danglingKey } = readDocument(new Cursor(bytes, file), document);
  // A lone brace at the end is forgiven: JSON files end with one.
  if (danglingKey !== undefined && danglingKey !== '}') {
    const place = `${file}:${end.line}:${end.column}`;
    throw new SyntaxProblem(`config is invalid (${place})`, file, end.line, end.column);
  }
  return document.root;
}

function environmentValue(name: string, host: HostEnvironment, variables: Set<string>): ConfigValue | undefined {
  if (variables.has(name)) throw new SyntaxProblem(`variable reference cycle for '${name}'`, '', 0, 0);
  const text = Object.hasOwn(host.environment, name) ? host.environment[name] : undefined;
  if (text === undefined) return undefined;
  if (variables.size >= ENVIRONMENT_DEPTH_MAX) throw new SyntaxProblem('too many nested variables', '', 0, 0);
  variables.add(name);
  try {
    const root = parse(Buffer.from(`${ENVIRONMENT_KEY}=${text}`), '', host, variables, []);
    return root.get(ENVIRONMENT_KEY)?.value;
  } finally {
    variables.delete(name);
  }
}

function includedFile(path: string, from: string, host: HostEnvironment, files: string[]): ConfigMap {
  const target = join(dirname(from), path);
  try {
    if (files.includes(target)) throw new SyntaxProblem(`include cycle: ${target} includes itself`, target, 0, 0);
    if (files.length > INCLUDE_DEPTH_MAX) throw new SyntaxProblem('too many nested includes', target, 0, 0);
    return parse(read(target, host), target, host, new Set(), [...files, target]);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const message = `error parsing include file '${path}', ${error.message}`;
    throw new SyntaxProblem(message, error.file, error.line, error.column);
  }
}

function read(path: string, host: HostEnvironment): Uint8Array {
  try {
    return host.readFile(path);
  } catch (error) {
    throw new SyntaxProblem(openProblem(path, error), path, 0, 0);
  }
}

function openProblem(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const todo = code === 'EACCES' ? ': let the user who runs the server read it' : '';
  return `${code === 'EISDIR' ? 'read' : 'open'} ${path}: ${systemText(error)}${todo}`;
}
