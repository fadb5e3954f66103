/**
 * Packs nats-turbo, installs the tarballs into an empty folder, finds other versions of Node: what the package tests
 * stand on.
 * Owns the temporary folder and removes it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface Output {
  stdout: string;
  stderr: string;
}

/** Runs a program to its end without our toolchains on the PATH. Rejects, with what it said, when it fails. */
export function execute(
  file: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = bareEnv(),
): Promise<Output> {
  return new Promise((done, failed) => {
    execFile(file, args, { cwd, env, timeout: 120_000, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) failed(new Error(`${file} ${args.join(' ')}: ${error.message}\n${stdout}`));
      else done({ stdout, stderr });
    });
  });
}

/** What a user without Rust has: Node, npm and the system's own programs. */
function bareEnv(): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  return { PATH: path, HOME: process.env.HOME, npm_config_cache: process.env.npm_config_cache };
}

export class InstalledPackage {
  readonly dir = mkdtempSync(join(tmpdir(), 'nats-turbo-package-'));
  /** Where a user's own files would lie, node_modules among them. */
  readonly project = join(this.dir, 'project');
  readonly bin = join(this.project, 'node_modules/.bin/nats-turbo');

  static async make(): Promise<InstalledPackage> {
    const made = new InstalledPackage();
    try {
      const packed = await execute(process.execPath, ['scripts/pack.mjs', made.dir], root, process.env);
      mkdirSync(made.project);
      made.write('package.json', '{ "private": true }\n');
      const tarballs = packed.stdout.trim().split('\n');
      await made.npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs]);
      return made;
    } catch (error) {
      made.remove();
      throw error;
    }
  }

  npm(args: string[], cwd = this.project): Promise<Output> {
    return execute('npm', args, cwd);
  }

  write(name: string, text: string): string {
    const file = join(this.project, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** That Node, from the registry; undefined where there is none to be had. */
  async otherNode(version: string): Promise<string | undefined> {
    if (version === 'latest' && process.env.NATS_TURBO_CURRENT_NODE) return process.env.NATS_TURBO_CURRENT_NODE;
    const name = `node-${process.platform}-${process.arch}`;
    const prefix = join(this.dir, `node-${version}`);
    mkdirSync(prefix, { recursive: true });
    try {
      const options = ['--prefix', prefix, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
      await execute('npm', ['install', ...options, `${name}@${version}`], prefix, process.env);
    } catch {
      return undefined;
    }
    return join(prefix, 'node_modules', name, 'bin/node');
  }
}

/** What package.json's `engines` promises: the oldest Node, the newest of each later line, and the newest of all. */
export function otherNodes(): string[] {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [oldest, ...later] = engines.node.match(/\d+\.\d+\.\d+/g);
  return [oldest, ...later.map((version: string) => version.split('.')[0]), 'latest'];
}
