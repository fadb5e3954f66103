/** A Python service and a Python client exchange msgpack bodies by request and reply, with user and password. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { withDeadline } from '../support/deadline.js';
import { useServer } from '../support/server.js';
import { LANGUAGES, python, pythonProgram, usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const CONFIG = 'authorization { timeout: 60, user: shop, password: "s3cr3t pass" }';
const CREDENTIALS = ['shop', 's3cr3t pass'];

/** A Python program, its lines one by one, and its end. */
function start(program: string, args: string[]) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async (): Promise<string> => {
      const next = await withDeadline(lines.next(), `a line of ${args[0]}: ${stderr}`, 20_000);
      if (next.done) throw new Error(`${args[0]} ended without its line: ${stderr}`);
      return next.value;
    },
    end: async (): Promise<{ code: number | null; stderr: string }> => {
      child.stdin.end();
      try {
        return { code: await withDeadline(ended, `${args[0]} to end`), stderr };
      } finally {
        child.kill('SIGKILL');
      }
    },
  };
}

describe('msgpack over request and reply with user and password', () => {
  const server = useServer({ config: CONFIG });
  const peerOf = usePeers();

  test('each of 500 concurrent questions gets its own answer', async (ctx) => {
    const program = await python(ctx, ['nats', 'msgpack']);
    const args = [urlOf(server), ...CREDENTIALS];
    const service = start(program, [pythonProgram('msgpack_service.py'), ...args]);
    let answers: string;
    try {
      expect(await service.line()).toBe('ready');
      const client = start(program, [pythonProgram('msgpack_client.py'), ...args, '500']);
      answers = await client.line().finally(async () => expect(await client.end()).toEqual({ code: 0, stderr: '' }));
    } finally {
      expect(await service.end()).toEqual({ code: 0, stderr: '' });
    }
    expect(answers).toBe('right 500');
  });

  test.for(LANGUAGES)('%s: a wrong password and an unknown user are an authorization error', async (language, ctx) => {
    const peer = await peerOf(ctx, language);
    await expect(peer.connect({ url: urlOf(server), user: 'shop', password: 'wrong' })).rejects.toMatchObject({
      kind: 'authorization',
    });
    await expect(peer.connect({ url: urlOf(server), user: 'stranger', password: 's3cr3t pass' })).rejects.toMatchObject(
      {
        kind: 'authorization',
      },
    );
    const client = await peer.connect({ url: urlOf(server), user: 'shop', password: 's3cr3t pass' });
    await client.flush();
    await client.close();
  });
});
