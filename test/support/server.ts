/**
 * Starts the server under test as a child process and ends it again. Owns the process, its temporary
 * folder and its log. The command comes from NATS_UNDER_TEST (default: the built nats-turbo), so the
 * same tests judge any NATS server. Never leaves a process behind: what does not end is killed and
 * fails the test file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { until, withDeadline } from './deadline.js';
import { closeAllClients, openClient, RawClient, type RawOptions } from './raw.js';

export interface ServerOptions {
  /** Text of the configuration file; none: no file. */
  config?: string;
  /** More flags. Port, address and ports folder are always given. */
  args?: string[];
  /** Debug log lines (`-D`). */
  debug?: boolean;
  /** Monitoring on a free port. */
  monitor?: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const builtCommand = ['node', 'dist/cli/nats-turbo.js'];
const command = process.env.NATS_UNDER_TEST?.trim().split(/\s+/) ?? builtCommand;

/** True when the server under test is the reference and not ours. */
export const underReference = /^nats-server(\.exe)?$/.test(basename(command[0] ?? ''));

/** The reference binary, when there is one to compare with. */
export function referenceCommand(): string[] | undefined {
  if (process.env.NATS_SERVER) return [process.env.NATS_SERVER];
  if (underReference) return command;
  for (const dir of (process.env.PATH ?? '').split(':')) {
    const file = join(dir, 'nats-server');
    if (dir && existsSync(file)) return [file];
  }
  return undefined;
}

const running = new Set<TestServer>();
const dirs = new Set<string>();
process.once('exit', () => {
  for (const server of running) server.child.kill('SIGKILL');
});

export class TestServer {
  readonly log: string[] = [];
  readonly stdout: string[] = [];
  port = 0;
  monitorPort = 0;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  #watchers = new Set<() => void>();

  private constructor(
    readonly child: ChildProcess,
    readonly dir: string,
  ) {
    running.add(this);
    this.exited = new Promise((resolveExit) => {
      child.once('close', (code, signal) => {
        this.exit = { code, signal };
        running.delete(this);
        this.#changed();
        resolveExit(this.exit);
      });
    });
    child.once('error', (error) => this.log.push(`could not start: ${error.message}`));
    readLines(child.stderr, (line) => {
      this.log.push(line);
      this.#changed();
    });
    readLines(child.stdout, (line) => this.stdout.push(line));
  }

  /** Starts without waiting for anything: for runs that end by themselves. */
  static spawn(args: string[], dir: string, exe: string[] = command): TestServer {
    const child = spawn(exe[0] as string, [...exe.slice(1), ...args], {
      cwd: exe === builtCommand ? resolve(import.meta.dirname, '../..') : undefined,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new TestServer(child, dir);
  }

  static async start(options: ServerOptions = {}, exe: string[] = command): Promise<TestServer> {
    const dir = mkdtempSync(join(tmpdir(), 'nats-test-'));
    dirs.add(dir);
    const args = ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', dir];
    let config = options.config;
    if (options.monitor) config = `http: "127.0.0.1:-1"\n${config ?? ''}`;
    if (config !== undefined) args.push('-c', writeConfig(dir, config));
    if (options.debug) args.push('-D');
    const server = TestServer.spawn([...args, ...(options.args ?? [])], dir, exe);
    await server.#readPorts();
    await server.waitForLog(/Server is ready/);
    return server;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get portsFile(): string | undefined {
    const name = readdirSync(this.dir).find((file) => file.endsWith(`_${this.pid}.ports`));
    return name && join(this.dir, name);
  }

  /**
   * The first log line that fits or has this text, from `from` on (an index into `log`). Match as much of the
   * line as matters: lines are written with a delay, so lines that an earlier test caused may come after `from`.
   */
  async waitForLog(wanted: RegExp | string, from = 0): Promise<string> {
    const fits = (line: string) => (typeof wanted === 'string' ? line.includes(wanted) : wanted.test(line));
    let at = from;
    let check = () => {};
    const found = new Promise<string>((resolveLine, failed) => {
      check = () => {
        for (; at < this.log.length; at += 1) {
          const line = this.log[at] as string;
          if (fits(line)) return resolveLine(line);
        }
        if (this.exit) failed(new Error(`the server ended before it logged ${wanted}:\n${this.log.join('\n')}`));
      };
    });
    this.#watchers.add(check);
    check();
    return withDeadline(found, () => `the log line ${wanted}; so far:\n${this.log.slice(-20).join('\n')}`).finally(() =>
      this.#watchers.delete(check),
    );
  }

  connect(options?: RawOptions): Promise<RawClient> {
    return RawClient.connect(this.port, options);
  }

  open(connectFields?: Record<string, unknown>, options?: RawOptions): Promise<RawClient> {
    return openClient(this.port, connectFields, options);
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends the process in order, by its id. Kills it and complains when it does not end. */
  async stop(): Promise<Exit> {
    // One that ended a moment ago hears nothing, and nobody else does instead.
    this.child.kill('SIGINT');
    try {
      return await withDeadline(this.exited, `process ${this.pid} to end after SIGINT`);
    } catch (error) {
      this.child.kill('SIGKILL');
      await this.exited;
      throw error;
    } finally {
      removeDir(this.dir);
    }
  }

  async #readPorts(): Promise<void> {
    const ports = await until(() => {
      if (this.exit) throw new Error(`${command.join(' ')} ended at its start:\n${this.log.join('\n')}`);
      try {
        return JSON.parse(readFileSync(this.portsFile ?? '', 'utf8')) as { nats: string[]; monitoring?: string[] };
      } catch {
        return undefined; // not there yet, or half written
      }
    }, 'the ports file');
    this.port = Number(new URL(ports.nats[0] as string).port);
    if (ports.monitoring) this.monitorPort = Number(new URL(ports.monitoring[0] as string).port);
  }

  #changed(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}

export function writeConfig(dir: string, text: string, name = 'server.conf'): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

/** Runs the server under test with these arguments until it ends by itself. */
export async function runToExit(args: string[]): Promise<{ exit: Exit; stdout: string; stderr: string }> {
  const server = TestServer.spawn(args, '');
  const exit = await withDeadline(server.exited, `${command.join(' ')} ${args.join(' ')} to end`).finally(() => {
    if (!server.exit) server.child.kill('SIGKILL');
  });
  return { exit, stdout: server.stdout.join('\n'), stderr: server.log.join('\n') };
}

/** One server for all tests of a file or a describe block; clients are closed after each test. */
export function useServer(options: ServerOptions = {}): TestServer {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(options);
  });
  afterEach(closeAllClients);
  afterAll(async () => {
    await server?.stop();
  });
  return new Proxy({} as TestServer, {
    get: (_, key) => {
      const value = Reflect.get(server, key, server) as unknown;
      return typeof value === 'function' ? value.bind(server) : value;
    },
  });
}

/** For tests that start their own servers: ends all that still run after each test. */
export function endServersAfterEach(): void {
  afterEach(async () => {
    closeAllClients();
    await Promise.all([...running].map((server) => server.stop()));
    // Servers that ended by themselves leave their folder for the test to look at.
    for (const dir of dirs) removeDir(dir);
  });
}

function removeDir(dir: string): void {
  if (dirs.delete(dir)) rmSync(dir, { recursive: true, force: true });
}

function readLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  stream?.on('end', () => {
    if (rest) take(rest);
  });
}
