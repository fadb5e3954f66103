/**
 * What the client tests need beside a server under test: its URL, one started in a special way, and a word about
 * missing tools.
 *
 * Owns no scenario and knows no client library; processes belong to support/server.ts.
 */
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { type ServerOptions, TestServer } from '../support/server.js';

/** How long a client of another language may take for one command, its start included. */
export const PEER_DEADLINE_MS = 25_000;

export function urlOf(server: TestServer): string {
  return `nats://127.0.0.1:${server.port}`;
}

export function startServer(config = ''): Promise<TestServer> {
  return TestServer.start({ config });
}

/** A server on a port of its own (`portToKeep`), which the next one gets when it has ended. */
export function startAgain(port: number, options: ServerOptions = {}): Promise<TestServer> {
  return TestServer.start({ ...options, args: ['-p', String(port)] });
}

/** A server that may open only so many descriptors. */
export function startWithDescriptors(limit: number, options: ServerOptions = {}): Promise<TestServer> {
  const command = process.env.NATS_UNDER_TEST?.trim().split(/\s+/) ?? ['node', 'dist/cli/nats-turbo.js'];
  return TestServer.start(options, ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...command]);
}

/** How many descriptors a process may open here when it asks for all it can get. */
export function descriptorLimit(): number {
  const answer = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return answer === 'unlimited' ? Number.POSITIVE_INFINITY : Number(answer);
}

/** A tool is missing: the test says so and is skipped, or fails where all tools are promised. */
export function missingTool(ctx: Pick<TestContext, 'skip'>, tool: string): never {
  if (process.env.NATS_TURBO_REQUIRE_TOOLS === '1') {
    throw new Error(`needs ${tool}, and NATS_TURBO_REQUIRE_TOOLS=1 says that it must be here`);
  }
  return ctx.skip(`skipped: needs ${tool}`);
}
