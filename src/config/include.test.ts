/**
 * Files in folders, variables and the environment, given to the reference's own check and to ours: the same verdict,
 * the same words, the same digest. What the files say is in the test; what is right, the reference says.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from './errors.js';
import { loadConfigFile } from './load.js';
import { referenceServer } from './testing/reference.js';

const FILES: Record<string, string> = {
  'sub/a.conf': 'include "deep/b.conf"\nmax_payload: 1MB\n',
  'sub/deep/b.conf': 'include "../../other/c.conf"\nping_max: 3\n',
  'other/c.conf': 'server_name: c\n',
  'limit.conf': 'LIMIT: 5\n',
  'uses.conf': 'ping_max: $LIMIT\n',
  'users.conf': 'users: [ {user: a, password: $PW} ]\n',
  'syntax.conf': 'port: 4222\n\nfoo: [1',
  'unknown.conf': 'port: 4222\n\n x: 5\n',
  'folder/x.conf': '\n',
};

const ENV = { PW: 'secret', P: '4333', S: 'srv', T: '[a,b]', PATHNAME: 'other/c.conf', LIMIT2: '2mb' };

const CASES = [
  'port: 4222\ninclude "sub/a.conf"',
  'include ./other/c.conf',
  'include other/../other/c.conf; port: 4222',
  'LIMIT: 5\ninclude uses.conf',
  'include limit.conf\nping_max: $LIMIT',
  'include limit.conf\nport: 4222',
  'authorization { include "users.conf" }',
  'include syntax.conf',
  'include unknown.conf',
  'include folder',
  'include ""',
  'include "$PATHNAME"',
  'include $PATHNAME',
  'INCLUDE "limit.conf"\nport: 1',
  'include: "limit.conf"\nport: 1',
  'include = limit.conf',
  'port: 4222 include other/c.conf',
  'include "other/c.conf" port: 4222',
  'server_name: x\ninclude other/c.conf',
  'include other/c.conf\nserver_name: x',
  'port: 4222\r\nping_max: 3\r\ninclude "other/c.conf"\r\n',
  'port: 4222\r\ninclude other/c.conf\r\n',
  '{"port": 4222, "include": "other/c.conf"}',
  'include /absolute/c.conf',
  'port: $P',
  'server_name: $S',
  'server_name: "$S"',
  'max_payload: $LIMIT2',
  'X: $S\nY: $X\nserver_name: $Y',
  'A: { B: 5 }\nping_max: $B',
  'A: 1\nauthorization { A: x, user: $A, password: y }',
  'port: 4222\nport: $port',
  'U: {user: a, password: b}\nauthorization { users: [ $U, {user: c} ] }',
  'authorization { P: {publish: a}, users: [ {user: c, permissions: $P} ] }',
  'port: 4222; max_payload: 2mb\n# c\nping_interval: 10',
  'PORT: 4222\nPort: 4223',
  '\ufeffport: 4222',
  'authorization { users: [{user: a, permissions: {publish: "a \\xff b"}}] }\nport: 5',
  '"p\u0001\u007ft": 1\nport: 2',
  '"a\u00a0\u2028\u00ad\ue000\u{e0001}b": 1\nport: 2',
];

const server = referenceServer();
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-include-'));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('2.1 includes and variables, as the reference reads them', () => {
  test.for(CASES)('%j', (text, ctx) => {
    if (server === undefined) return ctx.skip('skipped: needs nats-server');
    const file = join(dir, 'main.conf');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(server, ['-t', '-c', file], { env: ENV, encoding: 'utf8' });
    const { code, text: words } = ours(file);
    expect({ code, text: placeless(words) }).toEqual({
      code: status,
      text: placeless(stderr.replace(/^nats-server: /, '').trim()),
    });
  });

  test('a file that includes itself is refused, where the reference never ends', () => {
    const file = join(dir, 'self.conf');
    writeFileSync(file, 'include self.conf');
    expect(ours(file)).toEqual({
      code: 1,
      text: `error parsing include file 'self.conf', include cycle: ${file} includes itself`,
    });
  });
});

function ours(file: string): { code: number; text: string } {
  try {
    const { digest } = loadConfigFile(file, { checkOnly: true, env: ENV });
    return { code: 0, text: `configuration file ${file} is valid (${digest})` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { code: 1, text: error.message.replace(/, did you mean "\w+"\?$/gm, '') };
  }
}

/** About subjects the reference gives no place. */
function placeless(text: string): string {
  return /is not a valid subject$/.test(text) ? text.replace(/^\S+:\d+:\d+: /, '') : text;
}
