import { createAccount } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { msgTraceOf } from './blocks/msg-trace.js';
import { accountNames, systemAccountOf } from './blocks/resolved-accounts.js';
import { configure, resolveFile } from './configure.js';
import { loadConfigText } from './load.js';
import { resolveOptions, startupWarnings } from './resolve.js';
import type { BrokerOptions, ExportOptions, LatencyOptions } from './types.js';

const read = (text: string) => resolveOptions(loadConfigText(text, 'server.conf').options);
const exporting = (exported: ExportOptions): BrokerOptions => ({ accounts: { A: { exports: [exported] } } });
const LATENCY = 'accounts.A.exports.latency';
const SERVICE = { service: { account: 'B', subject: 'x' } };
const user = (name: string) => ({ user: name, password: 'p' });

describe('2.5 accounts', () => {
  it('as a list of names and as a map', () => {
    expect(read('accounts: [A, B]').accounts).toEqual({ A: {}, B: {} });
    expect(read('accounts { A {}, B {} }').accounts).toEqual({ A: {}, B: {} });
    expect(resolveOptions({ accounts: ['A'] }).accounts).toEqual({ A: {} });
    for (const none of [read('accounts {}'), read('accounts: []'), read('')])
      expect(none).not.toHaveProperty('accounts');
  });

  it('are checked again where some are given beside a file', () => {
    const loaded = loadConfigText('accounts { A { users: [{ user: a }] } }', 'server.conf');
    expect(resolveFile(loaded, { port: 1 }).accounts).toHaveProperty('A');
    const imports = [{ stream: { account: 'X', subject: 's' } }];
    expect(() => resolveFile(loaded, { accounts: { B: { imports } } })).toThrow('"X" account not defined');
    expect(() => resolveFile(loaded, { authorization: { users: [user('a')] } })).toThrow('Duplicate user "a" detected');
  });

  it('with users, default permissions and limits, under all names', () => {
    const text = `accounts {
      A {
        users: [ { username: a, pass: "$2a$04$abc", permission: { sub: b }, clients: standard }, { user: b } ]
        default_permissions { publish { deny: x } }
        limits { max_conn: 5, max_subs: 6, max_pay: 1kb, max_leafs: 7 }
      }
    }`;
    expect(read(text).accounts).toEqual({
      A: {
        users: [
          {
            user: 'a',
            password: '$2a$04$abc',
            permissions: { subscribe: { allow: ['b'] } },
            allowedConnectionTypes: ['STANDARD'],
          },
          { user: 'b' },
        ],
        defaultPermissions: { publish: { deny: ['x'] } },
        limits: { maxConnections: 5, maxSubscriptions: 6, maxPayload: 1024, maxLeafnodes: 7 },
      },
    });
  });

  it('traces of messages go to a subject, all of them unless a share is given', () => {
    const traced = (written: string) => loadConfigText(`accounts { A { ${written} } }`, 'server.conf');
    for (const [written, wanted] of [
      ['msg_trace: a.b', { destination: 'a.b', sampling: 100 }],
      ['trace_dest: { dest: a }', { destination: 'a', sampling: 100 }],
      ['msg_trace { dest: a, sampling: 5 }', { destination: 'a', sampling: 5 }],
      ['msg_trace { dest: a, sampling: "20%" }', { destination: 'a', sampling: 20 }],
      ['msg_trace { sampling: 5 }', undefined],
    ] as const) {
      const { accounts } = read(`accounts { A { ${written} } }`);
      expect(msgTraceOf(accounts?.A?.msgTrace), written).toEqual(wanted);
    }
    for (const [written, told] of [
      ['msg_trace: "a.*"', 'Trace destination "a.*" is not valid'],
      [
        'msg_trace { dest: a, sampling: 101 }',
        'Ttrace destination sampling value 101 is invalid, needs to be [1..100]',
      ],
      ['msg_trace { dest: a, sampling: "0%" }', 'sampling value 0 is invalid'],
      ['msg_trace { dest: a, sampling: "x" }', 'Invalid trace destination sampling value "x"'],
      ['msg_trace { dest: a, sampling: true }', 'should be an integer or a percentage, got bool'],
      ['msg_trace: 5', 'to be a string or a map/struct, got int64'],
    ] as const) {
      expect(() => traced(written), written).toThrow(told);
    }
  });

  it('0 and -1 are limits of their own, not defaults', () => {
    const { accounts } = read('accounts { A { limits { max_conn: 0, max_subs: -1, max_pay: 0 } } }');
    expect(accounts?.A?.limits).toEqual({ maxConnections: 0, maxSubscriptions: -1, maxPayload: 0 });
    const limits = { maxConnections: 0, maxPayload: '0' };
    expect(resolveOptions({ accounts: { A: { limits } } }).accounts?.A?.limits).toEqual({
      maxConnections: 0,
      maxPayload: 0,
    });
  });

  it('keys of features that are not there yet are refused by name', () => {
    const refused = (fields: string) => () => loadConfigText(`accounts { A { ${fields} } }`, 'server.conf');
    for (const [fields, told] of [
      ['jetstream: enabled', '"jetstream" can\'t be used: JetStream is not there yet'],
    ] as const) {
      expect(refused(fields), fields).toThrow(told);
    }
  });

  it('keys of users and accounts', () => {
    const [user, account] = [
      'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
      createAccount().getPublicKey(),
    ];
    const text = `accounts { A { nkey: ${account}, users: [ { nkey: ${user}, permissions: { publish: x } } ] } }`;
    const permissions = { publish: { allow: ['x'] } };
    expect(read(text).accounts).toEqual({ A: { nkey: account, users: [{ nkey: user, permissions }] } });
    expect(read(text).authorization.required).toBe(true);
    expect(startupWarnings(read(text))).toEqual([]);
    const refused = (accounts: BrokerOptions['accounts']) => () => resolveOptions({ accounts });
    expect(refused({ A: { users: [{ nkey: account }] } })).toThrow('Not a valid public nkey for a user');
    expect(refused({ A: { users: [{ nkey: user, password: 'x' }] } })).toThrow('do not take usernames or passwords');
    expect(refused({ A: { users: [{}] } })).toThrow('User entry requires a user');
    expect(refused({ A: { nkey: user } })).toThrow(`Not a valid public nkey for an account: "${user}"`);
    for (const twice of [{ nkey: user }, { user, password: 'x' }]) {
      expect(refused({ A: { users: [twice] }, B: { users: [{ nkey: user }] } })).toThrow(`Duplicate nkey "${user}"`);
    }
    const authorization = { users: [{ nkey: user }, { nkey: user }] };
    expect(() => resolveOptions({ authorization })).toThrow(`Duplicate nkey "${user}" detected`);
  });

  it('with services, under all names', () => {
    const text = `accounts {
      A { exports: [
        { service: a, response_type: STREAM, response_time: "1m", allow_trace: yes }
        { service: b, latency: m }
        { service: c, response: chunk, threshold: "0s" }
        { service: d, latency { subject: m, sampling: "5%" } }
      ] }
      B { imports: [ { service { account: A, subject: a }, to: b, share: on } ] }
    }`;
    expect(read(text).accounts).toEqual({
      A: {
        exports: [
          { service: 'a', response: 'stream', thresholdMs: 60_000, allowTrace: true },
          { service: 'b', latency: { subject: 'm' } },
          { service: 'c', response: 'chunk' },
          { service: 'd', latency: { subject: 'm', sampling: '5%' } },
        ],
      },
      B: { imports: [{ service: { account: 'A', subject: 'a' }, to: 'b', share: true }] },
    });
  });

  it.each<[BrokerOptions, string, string]>([
    [{ accounts: ['A', 'A'] }, 'accounts', 'Duplicate Account Entry: A. Name it once.'],
    [{ accounts: { $G: {} } }, 'accounts.$G', '"$G" is a Reserved Account'],
    [{ accounts: ['$G'] }, 'accounts', '"$G" is a Reserved Account'],
    [exporting({ stream: 'a', service: 'b' }), 'accounts.A.exports', 'Detected service "b" but already saw a stream'],
    [exporting({ stream: 'a', latency: 'b' }), 'accounts.A.exports', 'Detected latency directive on non-service'],
    [exporting({ service: 'a', threshold: -1 }), 'accounts.A.exports.threshold', 'can not be negative'],
    [exporting({ service: 'a', latency: { subject: 'm', sampling: 101 } }), `${LATENCY}.sampling`, 'bad sampling'],
    [exporting({ service: 'a', latency: { subject: 'm', sampling: 'x' } }), `${LATENCY}.sampling`, 'Failed to parse'],
    [exporting({ service: 'a', latency: {} as LatencyOptions }), LATENCY, 'Latency subject required, but missing'],
    [
      { accounts: { A: { imports: [SERVICE, { ...SERVICE, to: 'x' }] } } },
      'accounts.A.imports',
      'Duplicate service import subject "x", previously used in import for account "B", subject "x". Give one of them',
    ],
    [{ accounts: { A: { users: [user('a')] }, B: { users: [user('a')] } } }, 'accounts.B.users', 'Duplicate user "a"'],
    [{ accounts: { A: { users: [user('a'), user('a')] } } }, 'accounts.A.users', 'Duplicate user "a" detected'],
    [
      { authorization: { users: [user('a')] }, accounts: { A: { users: [user('a')] } } },
      'accounts.A.users',
      'Duplicate user "a" detected. Rename or remove one of them.',
    ],
    [
      { authorization: user('a'), accounts: { A: { users: [user('b')] } } },
      'accounts.A.users',
      'Can not have a single user/pass and accounts',
    ],
    [
      { accounts: { A: {}, B: { imports: [{ stream: { account: 'A', subject: 'x' } }] } } },
      'accounts',
      'Error adding stream import "x": stream import not authorized. Check the exports',
    ],
    [
      { authorization: { token: 't' }, accounts: { A: { users: [user('b')] } } },
      'accounts.A.users',
      'Can not have a token and accounts',
    ],
    [
      { accounts: { A: { imports: [{ ...SERVICE, allowTrace: true }] } } },
      'accounts.A.imports',
      'Detected allow_trace directive on a non-stream',
    ],
  ])('what can not be beside each other is refused for the library as well (%#)', (options, option, told) => {
    expect(() => resolveOptions(options)).toThrow(expect.objectContaining({ option, code: 'INVALID_OPTION' }));
    expect(() => resolveOptions(options)).toThrow(told);
  });
});

describe('2.7 what a start checks', () => {
  it('no_auth_user may be a user of an account, and has to be one', () => {
    const accounts = { A: { users: [user('a')] } };
    expect(resolveOptions({ accounts, noAuthUser: 'a' }).authorization.noAuthUser).toBe('a');
    const told = 'noAuthUser: "x" not present as user or nkey in authorization block or account configuration';
    expect(() => resolveOptions({ accounts, noAuthUser: 'x' })).toThrow(told);
    const none = 'noAuthUser: "x" present, but users/nkeys are not defined';
    expect(() => resolveOptions({ accounts: ['A'], noAuthUser: 'x' })).toThrow(none);
    const nkey = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
    const { authorization } = resolveOptions({ accounts: { A: { users: [{ nkey }] } }, noAuthUser: nkey });
    expect(authorization.noAuthUser).toBe(nkey);
  });

  it('system_account has to be declared, unless it is $G', () => {
    const missing = 'error resolving system account: account missing';
    for (const systemAccount of ['X', '$SYS']) {
      expect(() => resolveOptions({ systemAccount, accounts: ['A'] })).toThrow(missing);
    }
    expect(systemAccountOf(resolveOptions({ systemAccount: 'A', accounts: ['A'] }))).toBe('A');
    expect(systemAccountOf(resolveOptions({ systemAccount: '$G' }))).toBe('$G');
  });
});

describe('the system account', () => {
  it.each<[string, string | undefined, string[]]>([
    ['', '$SYS', ['$G', '$SYS']],
    ['accounts: [A]', '$SYS', ['$G', '$SYS', 'A']],
    ['accounts: [A, "$SYS"]', '$SYS', ['$G', '$SYS', 'A']],
    ['accounts: [A]\nsystem_account: A', 'A', ['$G', 'A']],
    ['accounts: [A, "$SYS"]\nsystem: A', 'A', ['$G', '$SYS', 'A']],
    ['no_system_account: true', undefined, ['$G']],
    ['no_sys_acc: true\naccounts: ["$SYS"]', '$SYS', ['$G', '$SYS']],
    ['no_system: true\naccounts: [A]\nsystem_account: A', 'A', ['$G', 'A']],
  ])('%s', (text, system, names) => {
    const options = read(text);
    expect(systemAccountOf(options)).toBe(system);
    expect(accountNames(options).sort()).toEqual(names);
  });
});

describe('what a start warns of', () => {
  const warnings = (text: string) => startupWarnings(read(text));

  it('plain text passwords of users of accounts', () => {
    expect(warnings('accounts { A { users: [{user: a, password: b}] } }')).toEqual([
      'Plaintext passwords detected, use nkeys or bcrypt',
    ]);
    expect(warnings('accounts { A { users: [{user: a, password: "$2a$04$abc"}] } }')).toEqual([]);
  });

  it('limits above those of the server', () => {
    const limits = 'accounts { A { limits { max_payload: 2MB, max_subs: 5, max_conn: 70000 } } }';
    expect(warnings(limits)).toEqual(['Account A: max_payload 2097152 has no effect, the server allows 1048576']);
    expect(warnings(`max_payload: -1\nmax_subs: 4\n${limits}`)).toEqual([
      'Account A: max_subscriptions 5 has no effect, the server allows 4',
    ]);
    expect(warnings('max_payload: 2MB\nmax_subs: 5\n'.concat(limits))).toEqual([]);
  });
});

describe('4.1 who is asked for credentials', () => {
  const authorization = (text: string) => {
    const { required, anonymous } = read(text).authorization;
    return [required, anonymous ?? false];
  };

  it('everyone, where an account has users; nobody where none has', () => {
    expect(authorization('accounts { A { users: [{user: a}] } }')).toEqual([true, false]);
    expect(authorization('accounts { A { users: [] } }')).toEqual([false, false]);
    expect(authorization('accounts: [A]')).toEqual([false, false]);
  });

  it('credentials that are given, where the system account alone is beside $G', () => {
    const system = 'accounts { "$SYS" { users: [{user: s, password: s}] } }';
    expect(authorization(system)).toEqual([true, true]);
    expect(authorization('accounts { "$SYS" {} }')).toEqual([true, true]);
    expect(authorization('accounts { A {} }\nsystem_account: A')).toEqual([true, true]);
    // What leaves no room for others.
    for (const more of ['authorization { timeout: 3 }', 'authorization { users: [{user: g}] }', 'no_auth_user: s']) {
      expect(authorization(`${system}\n${more}`), more).toEqual([true, false]);
    }
    expect(authorization('accounts { "$SYS" { users: [{user: s}] }, A {} }')).toEqual([true, false]);
  });

  it('a user given as a flag counts for nothing beside users of accounts', () => {
    const options = { accounts: { A: { users: [user('a')] } } };
    expect(() => configure({ ...options, authorization: user('b') })).toThrow('Can not have a single user/pass');
  });
});
