/** Finds the tools that the other clients need, and starts a peer of a language or says which tool is missing. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, type TestContext } from 'vitest';
import { TOOL_BUILD_MS } from '../../support/deadline.js';
import { missingTool } from '../support.js';
import { NodePeer } from './node.js';
import type { Language, Peer } from './peer.js';
import { ProgramPeer } from './program.js';

const run = promisify(execFile);
const HERE = join(import.meta.dirname, '..');

type Skipping = Pick<TestContext, 'skip'>;

export const LANGUAGES: Language[] = ['node', 'python', 'go'];

/** The peers of one test file: each is started when a test first needs it, all are ended after the last test. */
export function usePeers(
  languages: readonly Language[] = LANGUAGES,
): (ctx: Skipping, language: Language) => Promise<Peer> {
  const peers = new Map<Language, Peer>();
  if (languages.includes('go')) buildGoFirst();
  afterAll(async () => {
    await Promise.all([...peers.values()].map((peer) => peer.end()));
  });
  return async (ctx, language) => {
    const peer = peers.get(language) ?? (await startPeer(ctx, language));
    peers.set(language, peer);
    return peer;
  };
}

async function startPeer(ctx: Skipping, language: Language): Promise<Peer> {
  if (language === 'node') return new NodePeer();
  if (language === 'python') return new ProgramPeer('python', await python(ctx), [pythonProgram('peer.py')]);
  return new ProgramPeer('go', await goProgram(ctx), ['peer']);
}

export function pythonProgram(name: string): string {
  return join(HERE, 'python', name);
}

/** A Python that has nats-py: `NATS_TURBO_PYTHON` (a program or the folder of a virtual environment), else python3. */
export async function python(ctx: Skipping, modules: string[] = ['nats']): Promise<string> {
  const named = process.env.NATS_TURBO_PYTHON ?? 'python3';
  const inside = join(named, 'bin', 'python3');
  const program = existsSync(inside) ? inside : named;
  for (const module of modules) {
    const found = await run(program, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
    if (!found) missingTool(ctx, module === 'nats' ? 'nats-py' : module);
  }
  return program;
}

let built: Promise<string | { missing: string }> | undefined;

/** Builds the Go program before the tests, whose timeouts are too short for that. */
export function buildGoFirst(): void {
  beforeAll(async () => {
    built ??= buildGo();
    await built;
  }, TOOL_BUILD_MS);
}

/** The Go program of this folder, built once per test file. */
export async function goProgram(ctx: Skipping): Promise<string> {
  built ??= buildGo();
  const result = await built;
  return typeof result === 'string' ? result : missingTool(ctx, result.missing);
}

async function buildGo(): Promise<string | { missing: string }> {
  const cwd = join(HERE, 'go');
  try {
    await run('go', ['version']);
  } catch {
    return { missing: 'go' };
  }
  try {
    await run('go', ['mod', 'download'], { cwd });
  } catch {
    return { missing: 'go modules (go mod download)' };
  }
  const folder = mkdtempSync(join(tmpdir(), 'nats-turbo-go-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'client');
  await run('go', ['build', '-p', '2', '-o', program, '.'], { cwd });
  return program;
}
