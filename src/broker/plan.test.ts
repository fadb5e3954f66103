import { describe, expect, it } from 'vitest';
import { type BrokerOptions, resolveOptions } from '../config/index.js';
import { createIdentity } from './identity.js';
import { compilePlan } from './plan.js';

const identity = createIdentity();
const plan = (options: BrokerOptions) => compilePlan(resolveOptions(options), identity);

describe('compilePlan', () => {
  it('carries the defaults of the reference', () => {
    expect(plan({})).toMatchObject({
      listeners: [{ kind: 'client', host: '0.0.0.0', port: 4222 }],
      headers: true,
      maxPayload: 1_048_576,
      maxControlLine: 4096,
      maxPending: 67_108_864,
      maxConnections: 65_536,
      pingIntervalMs: 120_000,
      pingMax: 2,
      writeDeadlineMs: 10_000,
      info: { serverId: identity.serverId, serverName: identity.serverId, version: '2.15.2', xkey: identity.xkey },
    });
    expect(plan({})).not.toHaveProperty('auth');
  });

  it('has no listener with dontListen', () => {
    expect(plan({ dontListen: true }).listeners).toEqual([]);
  });

  it('refuses everyone with maxConnections 0', () => {
    expect(plan({ maxConnections: 0 }).maxConnections).toBe(-1);
  });

  it.each([
    ['example.org', { advertiseHost: 'example.org' }],
    ['example.org:4333', { advertiseHost: 'example.org', advertisePort: 4333 }],
    ['example.org:-1', { advertiseHost: 'example.org' }],
    ['[::1]:4333', { advertiseHost: '::1', advertisePort: 4333 }],
  ])('reads clientAdvertise %s', (clientAdvertise, expected) => {
    const { advertiseHost, advertisePort } = plan({ clientAdvertise }).info;
    expect({ advertiseHost, advertisePort }).toEqual({ advertisePort: undefined, ...expected });
  });

  it('passes users with their permissions', () => {
    const permissions = { publish: { deny: 'a.>' }, subscribe: ['b', 'c workers'] };
    const { auth } = plan({ authorization: { users: [{ user: 'u', password: 'p', permissions }], timeout: 500 } });
    expect(auth).toEqual({
      failedLoginDelayMs: 0,
      timeoutMs: 500,
      plainUsers: [],
      users: [
        {
          user: 'u',
          password: 'p',
          account: '$G',
          permissions: { publish: { deny: ['a.>'] }, subscribe: { allow: ['b', 'c workers'] } },
        },
      ],
    });
  });

  it('passes accounts and users of whom nothing else is said as texts', () => {
    const { accounts, plainAccounts, auth } = plan({
      accounts: {
        B: {
          users: [
            { user: 'b', password: 'p' },
            { user: 'c', proxyRequired: true },
          ],
        },
        A: { users: [{ user: 'a' }, { user: 'd', permissions: {} }] },
        C: { limits: { maxConnections: 1 } },
      },
      authorization: { users: [{ user: 'g', password: 'q' }] },
    });
    expect([accounts.map(({ name }) => name), plainAccounts]).toEqual([['C'], ['$G', 'A', 'B', '$SYS']]);
    expect(auth?.plainUsers).toEqual(['g', 'q', '$G', 'a', '', 'A', 'b', 'p', 'B']);
    expect(auth?.users).toEqual([
      { user: 'd', password: '', account: 'A', permissions: {} },
      { user: 'c', password: '', account: 'B', proxyRequired: true },
    ]);
  });

  it('passes what the server says of itself, and which kinds of connection users may open', () => {
    const users = [{ user: 'u', password: 'p', allowedConnectionTypes: ['MQTT' as const, 'STANDARD' as const] }];
    const { info, auth, resultCache } = plan({
      serverTags: ['A', 'b'],
      serverMetadata: { k: 'v' },
      featureFlags: { js_ack_fc_v2: true, zz: true },
      disableSublistCache: true,
      authorization: { users },
    });
    expect([info.tags, info.metadata]).toEqual([['a', 'b'], { k: 'v' }]);
    expect(info.featureFlags).toMatchObject({ js_ack_fc_v2: true, js_raft_delete_range: true });
    expect(info.featureFlags).not.toHaveProperty('zz');
    expect(auth?.users[0]?.connectionTypes).toEqual(['STANDARD', 'MQTT']);
    expect(resultCache).toBe(false);
    expect(plan({})).toMatchObject({ resultCache: true, info: { tags: [], metadata: {} } });
  });

  it('passes stream imports, with a prefix as another name', () => {
    const from = (subject: string) => ({ stream: { account: 'A', subject } });
    const imports = [from('a'), { ...from('b.*'), prefix: 'p' }, { ...from('c.>'), prefix: 'q.' }];
    const { accounts } = plan({
      accounts: {
        A: { exports: [{ stream: '>' }] },
        B: { imports: [...imports, { ...from('d.*'), to: 'e.$1' }, { ...from('f'), to: 'f' }] },
      },
    });
    expect(accounts.find(({ name }) => name === 'A')).not.toHaveProperty('streamImports');
    expect(accounts.find(({ name }) => name === 'B')?.streamImports).toEqual([
      { account: 'A', subject: 'a' },
      { account: 'A', subject: 'b.*', to: 'p.b.*' },
      { account: 'A', subject: 'c.>', to: 'q.c.>' },
      { account: 'A', subject: 'd.*', to: 'e.$1' },
      { account: 'A', subject: 'f' },
    ]);
  });

  it('passes service imports with what their export says', () => {
    const exports = [{ service: 'a.*', threshold: '1.5ms', latency: { subject: 'm', sampling: 'headers' } }];
    const imports = [
      { service: { account: 'A', subject: 'a.*' }, to: 'b.$1', share: true },
      { stream: { account: 'A', subject: 's' }, allowTrace: true },
    ];
    const { accounts } = plan({ accounts: { A: { exports: [...exports, { stream: 's' }] }, B: { imports } } });
    const [a, b] = ['A', 'B'].map((wanted) => accounts.find(({ name }) => name === wanted));
    expect(a).toEqual({ name: 'A' });
    const latency = { subject: 'm', sampling: 0 };
    expect(b).toEqual({
      name: 'B',
      streamImports: [{ account: 'A', subject: 's', allowTrace: true }],
      serviceImports: [{ account: 'A', subject: 'a.*', to: 'b.$1', share: true, threshold: 1.5, latency }],
    });
  });

  it('passes the limits of replies; what else a responder may publish is decided in the data plane', () => {
    const users = [{ user: 'a', permissions: { allowResponses: { max: 3 }, publish: { deny: 'x' } } }];
    const permissions = plan({ authorization: { users } }).auth?.users[0]?.permissions;
    expect(permissions).toEqual({ publish: { deny: ['x'] }, allowResponses: { max: 3, expiresMs: 120_000 } });
  });
});
