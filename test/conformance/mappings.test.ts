/** Section 4.11: subjects that accounts map to others. What differs on purpose is said at the tests it concerns. */
import { expect } from 'vitest';
import { getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { err, msg, pub, type RawClient } from '../support/raw.js';
import { endServersAfterEach, TestServer, writeConfig } from '../support/server.js';

endServersAfterEach();

const BASE = 'authorization { timeout: 60 }\n';
const start = (config: string, args: string[] = []) => TestServer.start({ config: BASE + config, args });

/** Subjects and how often each arrived, as far as the next PONG. */
async function heard(client: RawClient): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { args } of await client.ping()) {
    const subject = args.split(' ')[0] as string;
    counts[subject] = (counts[subject] ?? 0) + 1;
  }
  return counts;
}

/** Until the subject is well known, as one message and as a burst. */
async function mapsTo(client: RawClient, published: string, expected: string): Promise<void> {
  for (const times of [1, 1, 3]) {
    await client.exchange(pub(published, 'x').repeat(times), msg(expected, 1, 'x').repeat(times));
  }
}

async function reload(server: TestServer, config: string): Promise<void> {
  const from = server.log.length;
  writeConfig(server.dir, BASE + config);
  server.kill('SIGHUP');
  expect(await server.waitForLog(/Reloaded server configuration|Failed to reload/, from)).toContain('Reloaded server');
}

proves(['1.7-10', '4.11-01'], 'a message is matched and delivered by the mapped subject, once', async () => {
  const server = await start('mappings { a: b, b: c, "w.*.*": "z.$2.{{wildcard(1)}}", "t.>": "u.x.>" }');
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  const pairs = { a: 'b', b: 'c', c: 'c', 'w.1.2': 'z.2.1', 'w.1': 'w.1', 't.1.2': 'u.x.1.2', t: 't' };
  for (const [published, expected] of Object.entries(pairs)) await mapsTo(client, published, expected);
  await client.exchange(
    `UNSUB 1\r\nSUB a 2\r\nSUB z.2.1 q 3\r\n${pub('a', 'x')}${pub('w.1.2', 'y')}`,
    msg('z.2.1', 3, 'y'),
  );
});

proves(
  '4.11-02',
  'the first rule that matches applies, and literal sources are not preferred',
  async () => {
    const server = await start('mappings { "a.*": wild, "a.b": literal, "c.d": literal, "c.*": wild }');
    const client = await server.open();
    await client.exchange('SUB > 1\r\n', '');
    for (const [published, expected] of Object.entries({ 'a.b': 'wild', 'c.d': 'literal', 'c.x': 'wild' })) {
      await mapsTo(client, published, expected);
    }
  },
  { oursOnly: 'the reference keeps the rules of a file in random order' },
);

proves('4.11-03', 'weights share messages out, and what they lack keeps the subject', async () => {
  const server = await start(`mappings {
    half: [ { destination: one, weight: 50% }, { dest: two, weight: 50 } ]
    part: { dest: moved, weight: 20 }
    none: { dest: moved, weight: 0 }
  }`);
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  client.send(pub('half', 'x').repeat(1000));
  const half = await heard(client);
  expect(Object.keys(half).sort()).toEqual(['one', 'two']);
  expect(Math.abs((half.one as number) - 500)).toBeLessThan(150);
  client.send(pub('part', 'x').repeat(1000));
  const part = await heard(client);
  expect(Object.keys(part).sort()).toEqual(['moved', 'part']);
  expect(Math.abs((part.moved as number) - 200)).toBeLessThan(130);
  await mapsTo(client, 'none', 'none');
});

proves('4.11-04', 'what a listed source lacks to 100 is lost', async () => {
  const server = await start('mappings { loss: { dest: loss, weight: 30% }, gone: { dest: gone, weight: 0 } }');
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  client.send(pub('loss', 'x').repeat(1000) + pub('gone', 'x').repeat(10));
  const counts = await heard(client);
  expect(Object.keys(counts)).toEqual(['loss']);
  expect(Math.abs((counts.loss as number) - 300)).toBeLessThan(150);
});

proves('4.11-05', 'destinations of clusters that the server is not in are accepted, and not used', async () => {
  const server = await start(`mappings {
    a: [ { dest: there, weight: 100, cluster: C }, { dest: here, weight: 100 } ]
    b: { dest: there, weight: 100, cluster: C }
  }`);
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  await mapsTo(client, 'a', 'here');
  await mapsTo(client, 'b', 'b');
});

const FUNCTIONS: [destination: string, of: string, expected: string][] = [
  ['{{split(1,-)}}', 'a-b-c.x', 'a.b.c'],
  ['{{SplitFromLeft(1,2)}}', 'abcde.x', 'ab.cde'],
  ['{{splitFromRight(1,2)}}', 'abcde.x', 'abc.de'],
  ['{{sliceFromLeft(1,2)}}', 'abcde.x', 'ab.cd.e'],
  ['{{SliceFromRight(1,2)}}', 'abcde.x', 'a.bc.de'],
  ['{{left(1,2)}}.{{right(2,1)}}', 'abc.xyz', 'ab.z'],
  ['{{Wildcard(2)}}.$1', 'a.b', 'b.a'],
];

proves('4.11-06', 'functions of destinations', async () => {
  const rules = FUNCTIONS.map(([destination], at) => `"f${at}.*.*": "r.${destination}"`);
  const server = await start(`mappings { ${rules.join('\n')}\n rnd: "n.{{random(3)}}" }`);
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  for (const [at, [, of, expected]] of FUNCTIONS.entries()) await mapsTo(client, `f${at}.${of}`, `r.${expected}`);
  client.send(pub('rnd', 'x').repeat(300));
  expect(Object.keys(await heard(client)).sort()).toEqual(['n.0', 'n.1', 'n.2']);
});

proves('4.11-07', 'partitions are those of the reference', async () => {
  const server = await start('mappings { "p.*": "p.{{partition(3,1)}}", "q.*.*": "q.{{partition(10)}}" }');
  const client = await server.open();
  await client.exchange('SUB > 1\r\n', '');
  for (const [subject, number] of Object.entries({ aaa: 1, bbb: 0, ccc: 1 })) {
    await mapsTo(client, `p.${subject}`, `p.${number}`);
  }
  await mapsTo(client, 'q.a.b', `q.${fnv('q.a.b') % 10}`);
});

/** FNV-1a, 32 bits. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

proves('4.11-08', 'permissions, reserved subjects and 503s go by the mapped subject', async () => {
  const server = await start(`mappings { a: b, b: a, c: "$GR.x", "$GR.y": d, lost: { dest: lost, weight: 0 } }
    authorization { users: [ { user: few, password: p, permissions: { publish: [b], subscribe: ">" } }, { user: any, password: p } ] }`);
  const few = await server.open({ user: 'few', pass: 'p' });
  const any = await server.open({ user: 'any', pass: 'p', headers: true, no_responders: true });
  const denied = (subject: string) => err(`Permissions Violation for Publish to "${subject}"`);
  await any.exchange('SUB b 1\r\nSUB d 2\r\n', '');
  for (let i = 0; i < 3; i += 1) {
    await few.exchange(pub('a', 'x') + pub('b', 'x') + pub('lost', 'x'), denied('a') + denied(''));
    await any.exchange('', msg('b', 1, 'x'));
    await any.exchange(pub('c', 'x') + pub('$GR.y', 'x'), denied('$GR.x') + msg('d', 2, 'x'));
  }
  await any.exchange('SUB r 3\r\n', '');
  const unanswered = (subject: string) => {
    const headers = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
    return `HMSG r 3 ${headers.length} ${headers.length}\r\n${headers}\r\n`;
  };
  await any.exchange(pub('b', 'x', 'r') + pub('lost', 'x', 'r'), unanswered('a') + unanswered(''));
});

proves(['4.11-09', '4.11-01'], 'accounts have mappings of their own, $G those of the top level', async () => {
  const server = await start(`mappings { x: global }
    accounts {
      A { users: [ { user: a, password: p } ], mappings { x: a } }
      B { users: [ { user: b, password: p } ], maps { "*": { dest: "b", weight: "100%" } } }
      C { users: [ { user: c, password: p } ] }
    }
    authorization { users: [ { user: g, password: p } ] }`);
  const expected = { g: 'global', a: 'a', b: 'b', c: 'x' };
  for (const [user, subject] of Object.entries(expected)) {
    const client = await server.open({ user, pass: 'p' });
    await client.exchange('SUB > 1\r\n', '');
    await mapsTo(client, 'x', subject);
  }
});

proves('1.15-15', 'a message trace tells of the mapping, and is not mapped itself', async () => {
  const server = await start('mappings { a: b, t: elsewhere, kept: { dest: o, weight: 0 } }');
  const client = await server.open({ headers: true });
  const watcher = await server.open();
  await watcher.exchange('SUB t 1\r\n', '');
  await client.exchange('SUB b 1\r\n', '');
  const headers = 'NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n';
  const stations = async (subject: string) => {
    client.send(`HPUB ${subject} ${headers.length} ${headers.length + 1}\r\n${headers}x\r\n`);
    const event = JSON.parse((await watcher.next('MSG')).payload?.toString() ?? '') as { events: { ts: string }[] };
    return event.events.map(({ ts: _, ...rest }) => rest);
  };
  const came = (subj: string) => ({ type: 'in', kind: 0, cid: client.info.client_id, acc: '$G', subj });
  const sent = { type: 'eg', kind: 0, cid: client.info.client_id, sub: 'b' };
  for (let i = 0; i < 3; i += 1) {
    expect(await stations('a')).toEqual([came('a'), { type: 'sm', to: 'b' }, sent]);
    expect(await stations('b')).toEqual([came('b'), sent]);
    expect(await stations('kept')).toEqual([came('kept'), { type: 'sm', to: 'kept' }]);
  }
});

proves('4.11-10', 'the protocol trace shows the mapping between the line and the payload', async () => {
  const server = await start('mappings { a: b }', ['-V']);
  const client = await server.open();
  await client.exchange(pub('a', 'payload'), '');
  await server.waitForLog('MSG_PAYLOAD: ["payload"]');
  const lines = server.log.flatMap((line) => line.split(' - <<- ')[1] ?? []);
  const at = lines.indexOf('[PUB a 7]');
  expect(lines.slice(at, at + 3)).toEqual(['[PUB a 7]', '[MAPPING a -> b]', 'MSG_PAYLOAD: ["payload"]']);
});

proves('7.4-11', 'mappings that a reload adds, changes or removes apply to connected clients', async () => {
  const accounts = (rules: string) => `accounts { A { users: [ { user: a, password: p } ]\n ${rules}\n } }\n`;
  const users = 'authorization { users: [ { user: g, password: p } ] }\n';
  const server = await start(users + accounts(''));
  const [g, a] = [await server.open({ user: 'g', pass: 'p' }), await server.open({ user: 'a', pass: 'p' })];
  for (const client of [g, a]) {
    await client.exchange('SUB > 1\r\n', '');
    await mapsTo(client, 'x', 'x');
  }
  for (const [top, ofA, subjects] of [
    ['mappings { x: y }\n', '', ['y', 'x']],
    ['mappings { x: z }\n', 'mappings { x: y }', ['z', 'y']],
    ['mappings { x: z }\n', '', ['z', 'x']],
  ] as const) {
    await reload(server, top + users + accounts(ofA));
    await mapsTo(g, 'x', subjects[0]);
    await mapsTo(a, 'x', subjects[1]);
  }
});

proves(
  '7.4-11',
  'the mappings of $G end when a reload removes them',
  async () => {
    const server = await start('mappings { x: y }');
    const client = await server.open();
    await client.exchange('SUB > 1\r\n', '');
    await mapsTo(client, 'x', 'y');
    await reload(server, '');
    await mapsTo(client, 'x', 'x');
  },
  { oursOnly: 'the reference keeps those of $G until it is restarted' },
);

proves('4.11-11', 'accountz shows what mappings come to', async () => {
  const config = `mappings {
    a: b
    part: [ { dest: x, weight: 50 }, { dest: y, weight: 20% } ]
    "w.*": { dest: "v.$1", weight: 30 }
    loss: { dest: loss, weight: 30 }
    scoped: [ { dest: q, weight: 20, cluster: C }, { dest: r, weight: 100 } ]
    only: { dest: s, weight: 70, cluster: D }
    empty: []
  }
  accounts { A { mappings { x: y } }, B {} }
  `;
  const server = await TestServer.start({ config, monitor: true });
  const mappings = async (account: string) => {
    const { account_detail } = await getJson<{ account_detail: { mappings?: object } }>(
      server,
      `/accountz?acc=${account}`,
    );
    return account_detail.mappings;
  };
  expect(await mappings('$G')).toEqual({
    a: [{ subject: 'b', weight: 100 }],
    part: [
      { subject: 'y', weight: 20 },
      { subject: 'part', weight: 50 },
      { subject: 'x', weight: 100 },
    ],
    'w.*': [
      { subject: 'v.$1', weight: 30 },
      { subject: 'w.$1', weight: 100 },
    ],
    loss: [{ subject: 'loss', weight: 30 }],
    scoped: [
      { subject: 'r', weight: 100 },
      { subject: 'q', weight: 20, cluster: 'C' },
      { subject: 'scoped', weight: 100, cluster: 'C' },
    ],
    only: [
      { subject: 'only', weight: 100 },
      { subject: 'only', weight: 30, cluster: 'D' },
      { subject: 's', weight: 100, cluster: 'D' },
    ],
    empty: [{ subject: 'empty', weight: 100 }],
  });
  expect(await mappings('A')).toEqual({ x: [{ subject: 'y', weight: 100 }] });
  expect(await mappings('B')).toBeUndefined();
});
