/** What a file's options become, and every sentence a file is refused with. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configure } from './configure.js';
import { ConfigError } from './errors.js';
import { loadConfigFile, loadConfigText } from './load.js';

const options = (text: string) => loadConfigText(text, 'F', { env: {} }).options;

function failure(text: string, settings: { allowUnsupported?: boolean; checkOnly?: boolean } = {}): string {
  try {
    loadConfigText(text, 'F', { env: {}, ...settings });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
  return 'no error';
}

const user = (fields: string) => `authorization { users: [{${fields}}] }`;
const permissions = (fields: string) => user(`user: a, permissions: {${fields}}`);

describe('2.3 options', () => {
  test.each<[string, object]>([
    ['port: -1\nhost: h', { port: -1, host: 'h' }],
    ['PORT: 4000\nNet: "n"', { port: 4000, host: 'n' }],
    ['port: 0', {}],
    ['listen: 127.0.0.1:4222', { host: '127.0.0.1', port: 4222 }],
    ['listen: "[::1]:-1"', { host: '::1', port: -1 }],
    ['listen: 5222', { port: 5222 }],
    ['max_payload: -1', { maxPayload: -1 }],
    ['http: 8222', { httpPort: 8222 }],
    ['http: localhost:-1', { httpHost: 'localhost', httpPort: -1 }],
    ['monitor_port: 8222\nhttp_base_path: x', { httpPort: 8222, httpBasePath: 'x' }],
    [
      'max_payload: 2MB\nmax_pending: 1k\nmax_control_line: 512',
      { maxPayload: 2097152, maxPending: 1000, maxControlLine: 512 },
    ],
    [
      'max_conn: 0\nmax_subs: 3\nmax_subscription_tokens: 255',
      { maxConnections: 0, maxSubscriptions: 3, maxSubTokens: 255 },
    ],
    [
      'ping_interval: "1m"\nping_max: 3\nwrite_deadline: 250ms',
      { pingInterval: 60_000, pingMax: 3, writeDeadline: 250 },
    ],
    ['write_timeout: retry\nno_fast_producer_stall: on', { writeTimeout: 'retry', noFastProducerStall: true }],
    ['lame_duck_duration: "30s"\nlame_duck_grace_period: "0s"', { lameDuckDuration: 30_000, lameDuckGracePeriod: 0 }],
    ['trace_verbose: true', { traceVerbose: true, trace: true }],
    ['trace_headers: true\ntrace: false', { traceHeaders: true, trace: true }],
    [
      'logfile: a\npidfile: b\nports_file_dir: c\nstoredir: d',
      { logFile: 'a', pidFile: 'b', portsFileDir: 'c', storeDir: 'd' },
    ],
    ['x: 5\nping_max: $x', { pingMax: 5 }],
  ])('%j', (text, meaning) => {
    expect(options(text)).toEqual(meaning);
  });

  test.each<[string, string]>([
    ['prot: 4222', 'F:1:0: unknown field "prot", did you mean "port"?'],
    ['a: 1', 'F:1:0: unknown field "a"'],
    ['listen: "foo"', 'F:1:0: could not parse address string "foo"'],
    ['listen: "a:b"', 'F:1:0: could not parse port "b"'],
    ['http: "::1:4"', 'F:1:0: could not parse address string "::1:4"'],
    ['max_payload: 3GB', 'F:1:0: max_payload value is too big'],
    ['max_control_line: 3GB', 'F:1:0: max_control_line value is too big'],
    ['max_sub_tokens: 300', 'F:1:0: max_sub_tokens value is too big'],
    ['max_subscription_tokens: 0', 'F:1:0: max_subscription_tokens value can not be negative'],
    ['ping_interval: 5x', 'F:1:0: error parsing ping_interval: time: unknown unit "x" in duration "5x"'],
    ['write_deadline: "5"', 'F:1:0: error parsing write_deadline: time: missing unit in duration "5"'],
    ['write_timeout: foo', "F:1:0: write_timeout must be 'default', 'close' or 'retry'"],
    ['lame_duck_duration: "20s"', 'F:1:0: invalid lame_duck_duration of 20s, minimum is 30 seconds'],
    ['lame_duck_grace_period: "-1s"', 'F:1:0: invalid lame_duck_grace_period, needs to be positive'],
    ['server_name: "a b"', 'F:1:0: server name cannot contain spaces'],
    ['store_dir: a\nstoredir: b', "F:2:1: Duplicate 'store_dir' configuration"],
    ['port: "4222"', 'F:1:0: port must be an integer, but got the string "4222"'],
    ['\n debug: 1', 'F:2:2: debug must be true or false, but got an integer, 1'],
    [
      'lame_duck_duration: 40',
      "F:1:0: lame_duck_duration must be a duration in quotes, such as '2m', but got an integer, 40",
    ],
  ])('2.2 %j is refused', (text, words) => {
    expect(failure(text)).toBe(words);
  });

  test('2.2 all problems are gathered, with their places', () => {
    const text = 'prot: 1\nport: x\nauthorization { foo: 1 }';
    expect(failure(text).split('\n')).toHaveLength(3);
    try {
      loadConfigText(text, 'F');
    } catch (error) {
      const { problems } = error as ConfigError;
      expect(problems.map(({ file, line, column }) => [file, line, column])).toEqual([
        ['F', 1, 0],
        ['F', 2, 1],
        ['F', 3, 17],
      ]);
    }
  });
});

describe('2.2 warnings', () => {
  const seconds = 'F:1:0: invalid use of field "ping_interval": ping_interval should be converted to a duration';

  test('a start goes on with them', () => {
    const loaded = loadConfigText('ping_interval: 5', 'F');
    expect(loaded.options).toEqual({ pingInterval: 5000 });
    expect(loaded.warnings).toEqual([{ file: 'F', line: 1, column: 0, message: seconds.slice('F:1:0: '.length) }]);
  });

  test('a check fails with them, and shows them before errors', () => {
    expect(failure('ping_interval: 5', { checkOnly: true })).toBe(seconds);
    expect(failure('prot: 1\nping_interval: 5', { checkOnly: true }).split('\n')[0]).toContain('should be converted');
  });

  test('an empty file', () => {
    expect(failure('# nothing', { checkOnly: true })).toBe('F: config has no values or is empty');
  });

  test('a high authorization timeout', () => {
    expect(failure('authorization { timeout: 100 }', { checkOnly: true })).toBe(
      'F:1:16: invalid use of field "timeout": timeout of 100 (100.000000 seconds) is high, consider keeping it under ' +
        "60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example",
    );
  });
});

describe('2.3 features that are not there yet', () => {
  const blocks =
    'leafnodes {}\nwebsocket { port: -1, no_tls: true }\njetstream { max_file: 1GB, limits { batch { max_msgs: 1 } } }\nport: 4222';

  test('are refused with their place and a sentence', () => {
    expect(failure(blocks).split('\n')).toEqual([
      expect.stringMatching(/^F:1:0: "leafnodes" can't be used: leaf nodes are not there yet/),
      expect.stringMatching(/^F:2:1: "websocket" can't be used: WebSocket is not there yet/),
      expect.stringMatching(/^F:3:1: "jetstream" can't be used: JetStream is not there yet/),
    ]);
  });

  test('are skipped with a warning where that is allowed, also in a check', () => {
    const loaded = loadConfigText(blocks, 'F', { allowUnsupported: true, checkOnly: true });
    expect(loaded.options).toEqual({ port: 4222 });
    expect(loaded.warnings.map(({ message }) => message)).toEqual([
      'ignoring "leafnodes": leaf nodes are not there yet',
      'ignoring "websocket": WebSocket is not there yet',
      'ignoring "jetstream": JetStream is not there yet',
    ]);
  });
});

describe('2.4 authorization', () => {
  const NKEY = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
  const HASH = '$2a$11$W2zko751KUvVy59mUTWmpOdWjpEm5qhcCZRd05GjI/sSOT.xtiHyG';

  test.each<[string, object]>([
    ['authorization { user: a, pass: b, timeout: 1.5 }', { user: 'a', password: 'b', timeout: 1500 }],
    ['authorization { USERNAME: a, password: b, timeout: "3s" }', { user: 'a', password: 'b', timeout: 3000 }],
    ['authorization { token: t }', { token: 't' }],
    [`authorization { token: ${HASH} }`, { token: HASH }],
    [user(`user: a, pass: ${HASH}`), { users: [{ user: 'a', password: HASH }] }],
    ['authorization { users: [] }', { users: [] }],
    [user(`nkey: ${NKEY}, clients: mqtt`), { users: [{ nkey: NKEY, allowedConnectionTypes: ['MQTT'] }] }],
    [user(`nkey: '', user: a`), { users: [{ nkey: '', user: 'a' }] }],
    [user('username: a, password: b'), { users: [{ user: 'a', password: 'b' }] }],
    [
      permissions('pub: "a", sub: {allow: ["b q", c], deny: d}, allow_responses: {max: 3, ttl: "5s"}'),
      {
        users: [
          {
            user: 'a',
            permissions: {
              publish: ['a'],
              subscribe: { allow: ['b q', 'c'], deny: ['d'] },
              allowResponses: { max: 3, expires: 5000 },
            },
          },
        ],
      },
    ],
    [
      'authorization { default_permissions { publish: x }, users: [] }',
      { users: [], defaultPermissions: { publish: ['x'] } },
    ],
    ['authorization { x: abc, user: $x, pass: $x }', { user: 'abc', password: 'abc' }],
  ])('%j', (text, meaning) => {
    expect(options(text).authorization).toEqual(meaning);
  });

  test.each<[string, string]>([
    ['authorization { user: a, pass: b, token: c }', 'F:1:0: Cannot have a user/pass and token'],
    ['authorization { user: a, users: [] }', 'F:1:0: Can not have a single user/pass and a users array'],
    ['authorization { token: a, users: [] }', 'F:1:0: Can not have a token and a users array'],
    ['authorization { users: [{user: a}, {user: a}] }', 'F:1:0: Duplicate user "a" detected'],
    [user('pass: b'), 'F:1:25: User entry requires a user'],
    ['authorization { users: [{}] }', 'F:1:26: User entry requires a user'],
    ['authorization { users: {} }', 'F:1:16: Expected users field to be an array, got a map'],
    ['authorization { users: [a] }', 'F:1:24: Expected user entry to be a map/struct, got a string'],
    [user('nkey: U, user: b'), 'F:1:34: Not a valid public nkey for a user'],
    [user(`user: b, nkey: ${NKEY}`), 'F:1:34: Nkey users do not take usernames or passwords'],
    ['authorization { foo: 1 }', 'F:1:16: unknown field "foo"'],
    [user('user: a, pasword: b'), 'F:1:34: unknown field "pasword", did you mean "password"?'],
    [
      'authorization { timeout: x }',
      'F:1:16: error parsing authorization config, \'timeout\' time: invalid duration "x"',
    ],
    ['authorization { timeout: true }', "F:1:16: error parsing authorization config, 'timeout' wrong type"],
    [user('user: a, permissions: 5'), 'F:1:34: Expected permissions to be a map/struct, got an integer'],
    [permissions('foo: 1'), 'F:1:48: Unknown field "foo" parsing permissions'],
    [permissions('publish: "a b"'), 'F:1:48: subject "a b" is not a valid subject'],
    [permissions('publish: {deny: "a b"}'), 'F:1:58: subject "a b" is not a valid subject'],
    [permissions('subscribe: "a b c"'), 'F:1:48: subject "a b c" is not a valid subject'],
    [permissions('subscribe: ["a..b q"]'), 'F:1:48: subject "a..b" is not a valid subject'],
    [permissions('subscribe: "a q..r"'), 'F:1:48: queue "q..r" is not a valid queue'],
    [
      permissions('publish: {foo: 1}'),
      "F:1:58: Unknown field name \"foo\" parsing subject permissions, only 'allow' or 'deny' are permitted",
    ],
    [permissions('publish: [5 ]'), 'F:1:58: Subject in permissions array cannot be cast to string'],
    [permissions('allow_responses: 5'), 'F:1:48: error parsing response permissions, expected a boolean or a map'],
    [permissions('allow_responses: {expires: 5}'), 'F:1:66: error parsing expires, not a duration string'],
    [
      permissions('allow_responses: {expires: "5x"}'),
      'F:1:66: error parsing expires: time: unknown unit "x" in duration "5x"',
    ],
  ])('%j is refused', (text, words) => {
    expect(failure(text)).toBe(words);
  });
});

describe('files', () => {
  test('3.1 one that is not there', () => {
    expect(() => loadConfigFile('/nowhere/x.conf')).toThrow('open /nowhere/x.conf: no such file or directory');
  });

  test('3.1 what is given beside the file wins, option by option', () => {
    const dir = mkdtempSync(join(tmpdir(), 'config-load-'));
    try {
      const configFile = join(dir, 'a.conf');
      writeFileSync(configFile, 'port: 5000\nhttp: 5001\nping_max: 7\nauthorization { user: a, pass: b }');
      const { options, digest } = configure({
        configFile,
        port: 6000,
        http: false,
        pingMax: undefined,
        authorization: { password: 'c' },
      });
      expect(options).toMatchObject({
        port: 6000,
        pingMax: 7,
        authorization: { users: [{ user: 'a', password: 'c' }] },
      });
      expect(options.http).toBeUndefined();
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
