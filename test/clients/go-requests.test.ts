/** The Go client sends all its requests through one wildcard inbox: thousands in flight on one connection. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { useServer } from '../support/server.js';
import { buildGoFirst, goProgram } from './peers/tools.js';
import { urlOf } from './support.js';

describe('the one multiplexed inbox of the Go client', () => {
  const server = useServer();
  buildGoFirst();

  test('2,000 workers with 10 requests each get their own answers and headers back', async (ctx) => {
    const program = await goProgram(ctx);
    const { stdout } = await promisify(execFile)(program, ['requests', urlOf(server), '2000', '10'], {
      timeout: 28_000,
    });
    expect(JSON.parse(stdout)).toEqual({ right: 20_000, wrong: 0, served: 20_000, subscriptions: 1, error: null });
  });
});
