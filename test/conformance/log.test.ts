/**
 * Section 1.16: what `-D` and `-V` print about clients, line for line. Where the reference is there, it plays the same
 * scripts: the expected lines are its lines. What differs on purpose:
 * - the texts about CONNECT and INFO that are no valid JSON, which are those of the JSON library;
 * - the offset in parser errors of operations that came in several reads: ours counts from the start of what it kept;
 * - secrets that the reference shows: what follows a comma or brace inside one, and fields in other than lower case;
 * - percent signs in a client's name, which garble the reference's lines;
 * - the system account, its connection and its messages: there is none yet.
 */

import { type LogScript, playLog } from '../support/log-script.js';
import { compares, proves } from '../support/proves.js';
import { referenceCommand, underReference } from '../support/server.js';

const reference = underReference ? undefined : referenceCommand();

function logs(facts: string | readonly string[], name: string, script: LogScript): void {
  proves(facts, name, () => playLog(script), { timeout: 60_000 });
  compares(facts, `${name}: the reference's lines`, () => playLog(script, reference), { timeout: 60_000 });
}

const CONNECT =
  'CONNECT {"verbose":false,"headers":true,"no_responders":true,"protocol":1,' +
  '"name":"n","lang":"go","version":"1.2"}\r\n';
const CONNECT_LINE = `[TRC] a - <<- [${CONNECT.trim()}]`;
const CREATED = '[DBG] a - Client connection created';
const A = 'a - "v1.2:go:n" -';

logs(['1.16-01', '1.16-05', '1.16-08'], 'messages, in and out', {
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'a',
      send: `${CONNECT}PING\r\nping x y\r\n`,
      lines: [
        CONNECT_LINE,
        `[TRC] ${A} <<- [PING]`,
        `[TRC] ${A} ->> [PONG]`,
        `[TRC] ${A} <<- [PING]`,
        `[TRC] ${A} ->> [PONG]`,
      ],
    },
    {
      on: 'a',
      send: '+OK\r\nINFO {}\r\nsub foo  1\r\nSUB foo\tq 2 \r\nPUB foo 3\r\nabc\r\n',
      lines: [
        `[TRC] ${A} <<- [SUB foo  1]`,
        `[TRC] ${A} <<- [SUB foo\tq 2 ]`,
        `[TRC] ${A} <<- [PUB foo 3]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["abc"]`,
        `[TRC] ${A} ->> [MSG foo 1 3]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["abc"]`,
        `[TRC] ${A} ->> [MSG foo 2 3]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["abc"]`,
      ],
    },
    {
      on: 'a',
      send: 'UNSUB 2 1\r\nHPUB  foo r 12 15\r\nNATS/1.0\r\n\r\nabc\r\nPUB foo 0\r\n\r\n',
      lines: [
        `[TRC] ${A} <<- [UNSUB 2 1]`,
        `[TRC] ${A} <-> [DELSUB 2]`,
        `[TRC] ${A} <<- [HPUB foo r 12 15]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nabc"]`,
        `[TRC] ${A} ->> [HMSG foo 1 r 12 15]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nabc"]`,
        `[TRC] ${A} <<- [PUB foo 0]`,
        `[TRC] ${A} ->> [MSG foo 1 0]`,
      ],
    },
    // The 503 to a request without responders is not traced.
    {
      on: 'a',
      send: 'SUB r 5\r\nPUB none r 1\r\nx\r\nUNSUB 5 x\r\nUNSUB 77\r\n',
      lines: [
        `[TRC] ${A} <<- [SUB r 5]`,
        `[TRC] ${A} <<- [PUB none r 1]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["x"]`,
        `[TRC] ${A} <<- [UNSUB 5 x]`,
        `[TRC] ${A} <-> [DELSUB 5]`,
        `[TRC] ${A} <<- [UNSUB 77]`,
      ],
    },
    // The line is shown before the payload is here, and once.
    { on: 'a', send: 'PUB bar 10\r\nabc', lines: [`[TRC] ${A} <<- [PUB bar 10]`] },
    { on: 'a', send: 'defghij\r\n', lines: [`[TRC] ${A} <<- MSG_PAYLOAD: ["abcdefghij"]`] },
    {
      on: 'a',
      hangUp: true,
      lines: [`[DBG] ${A} Client connection closed: Client Closed`, `[TRC] ${A} <-> [DELSUB 1]`],
    },
  ],
  stop: [
    '[INF] Trapped "interrupt" signal',
    '[INF] Initiating Shutdown...',
    '[DBG] Client accept loop exiting..',
    '[INF] Server Exiting..',
  ],
});

logs(['1.16-01', '1.16-07', '1.16-08'], 'messages to another connection, up to a limit', {
  steps: [
    { on: 'a', lines: [CREATED] },
    { on: 'b', lines: ['[DBG] b - Client connection created'] },
    {
      on: 'a',
      send: `${CONNECT}SUB foo 1\r\nSUB foo q 2\r\nUNSUB 1 2\r\nSUB bar 3\r\n`,
      lines: [
        CONNECT_LINE,
        `[TRC] ${A} <<- [SUB foo 1]`,
        `[TRC] ${A} <<- [SUB foo q 2]`,
        `[TRC] ${A} <<- [UNSUB 1 2]`,
        `[TRC] ${A} <<- [SUB bar 3]`,
      ],
    },
    {
      on: 'b',
      send: 'CONNECT {"verbose":true,"echo":false}\r\nPUB foo 1\r\na\r\nPUB foo 1\r\nb\r\nPUB foo r 1\r\nc\r\n',
      lines: [
        '[TRC] b - <<- [CONNECT {"verbose":true,"echo":false}]',
        '[TRC] b - ->> [OK]',
        '[TRC] b - <<- [PUB foo 1]',
        '[TRC] b - <<- MSG_PAYLOAD: ["a"]',
        '[TRC] b - ->> [OK]',
        `[TRC] ${A} ->> [MSG foo 1 1]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["a"]`,
        `[TRC] ${A} ->> [MSG foo 2 1]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["a"]`,
        '[TRC] b - <<- [PUB foo 1]',
        '[TRC] b - <<- MSG_PAYLOAD: ["b"]',
        '[TRC] b - ->> [OK]',
        `[DBG] ${A} Auto-unsubscribe limit of 2 reached for sid '1'`,
        `[TRC] ${A} ->> [MSG foo 1 1]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["b"]`,
        `[TRC] ${A} <-> [DELSUB 1]`,
        `[TRC] ${A} ->> [MSG foo 2 1]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["b"]`,
        '[TRC] b - <<- [PUB foo r 1]',
        '[TRC] b - <<- MSG_PAYLOAD: ["c"]',
        '[TRC] b - ->> [OK]',
        `[TRC] ${A} ->> [MSG foo 2 r 1]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["c"]`,
      ],
    },
    { on: 'b', hangUp: true, lines: ['[DBG] b - Client connection closed: Client Closed'] },
    // Subscriptions end without a word when the server stops; a second CONNECT ends them with one.
    { on: 'a', send: 'UNSUB 3\r\n', lines: [`[TRC] ${A} <<- [UNSUB 3]`, `[TRC] ${A} <-> [DELSUB 3]`] },
    {
      on: 'a',
      send: 'CONNECT {"name":"m","user":"x"}\r\nSUB foo 7\r\n',
      lines: [
        `[TRC] ${A} <<- [CONNECT {"name":"m","user":"x"}]`,
        `[TRC] ${A} <-> [DELSUB 2]`,
        `[TRC] ${A} <<- [SUB foo 7]`,
      ],
    },
  ],
  stop: [
    '[INF] Trapped "interrupt" signal',
    '[INF] Initiating Shutdown...',
    '[DBG] Client accept loop exiting..',
    `[DBG] ${A} Client connection closed: Server Shutdown`,
    '[INF] Server Exiting..',
  ],
});

logs('1.16-02', 'trace_headers and max_traced_msg_len', {
  config: 'trace_headers: true\nmax_traced_msg_len: 14\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'a',
      send:
        `${CONNECT}SUB foo 1\r\nPUB foo 3\r\nabc\r\nHPUB foo r 18 21\r\nNATS/1.0\r\na: b\r\n\r\nabc\r\n` +
        'HPUB foo 20 20\r\nNATS/1.0\r\na: bcd\r\n\r\n\r\n',
      lines: [
        CONNECT_LINE,
        `[TRC] ${A} <<- [SUB foo 1]`,
        `[TRC] ${A} <<- [PUB foo 3]`,
        `[TRC] ${A} ->> [MSG foo 1 3]`,
        `[TRC] ${A} <<- [HPUB foo r 18 21]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["NATS/1.0\\r\\na: b"]`,
        `[TRC] ${A} ->> [HMSG foo 1 r 18 21]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["NATS/1.0\\r\\na: b"]`,
        `[TRC] ${A} <<- [HPUB foo 20 20]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["NATS/1.0\\r\\na: b..."]`,
        `[TRC] ${A} ->> [HMSG foo 1 20 20]`,
        `[TRC] ${A} ->> MSG_PAYLOAD: ["NATS/1.0\\r\\na: b..."]`,
      ],
    },
  ],
});

logs('1.16-02', 'max_traced_msg_len counts bytes, not what they are shown as', {
  config: 'max_traced_msg_len: 5\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'a',
      send: `${CONNECT}PUB foo 6\r\nab"\x01\r\n\r\nPUB foo 5\r\nab"\x7f\r\r\n`,
      lines: [
        CONNECT_LINE,
        `[TRC] ${A} <<- [PUB foo 6]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["ab\\"\\x01\\r..."]`,
        `[TRC] ${A} <<- [PUB foo 5]`,
        `[TRC] ${A} <<- MSG_PAYLOAD: ["ab\\"\\x7f\\r"]`,
      ],
    },
  ],
});

/** A connection that sends one thing and is closed, with the lines of that. */
function refused(on: string, send: string, lines: string[], reason = 'Protocol Violation'): LogScript['steps'] {
  const named = lines.map((line) => line.replace(/^(\[...\]) /, `$1 ${on} - `));
  const closed = `[DBG] ${on} - Client connection closed: ${reason}`;
  if (!lines.some((line) => line.includes('CLOSED'))) named.push(closed);
  return [
    { on, lines: [`[DBG] ${on} - Client connection created`] },
    { on, send, lines: named.map((line) => (line.endsWith('CLOSED') ? closed : line)) },
  ];
}

const UNKNOWN = '[TRC] ->> [-ERR Unknown Protocol Operation]';

logs('1.16-06', 'operations that can not be', {
  config: 'max_payload: 20\nmax_control_line: 100\n',
  steps: [
    ...refused(
      'a',
      'PUB foo 30\r\n',
      [
        '[TRC] <<- [PUB foo 30]',
        '[ERR] maximum payload exceeded: 30 vs 20',
        '[TRC] ->> [-ERR Maximum Payload Violation]',
      ],
      'Maximum Message Payload Exceeded',
    ),
    ...refused('b', 'PUB foo\r\n', ['[TRC] <<- [PUB foo]', '[ERR] processPub Parse Error: "foo"']),
    ...refused('c', 'SUB a"\r\n', ['[TRC] <<- [SUB a"]', '[ERR] processSub Parse Error: "a\\""']),
    ...refused('d', 'UNSUB a b c\r\n', ['[TRC] <<- [UNSUB a b c]', '[ERR] processUnsub Parse Error: "a b c"']),
    ...refused(
      'e',
      `SUB ${'a'.repeat(200)} 1\r\n`,
      ['[TRC] ->> [-ERR maximum control line exceeded]', '[DBG] CLOSED', '[ERR] maximum control line exceeded'],
      'Maximum Control Line Exceeded',
    ),
    ...refused('f', 'FOO bar\r\n', [UNKNOWN, `[ERR] Client parser ERROR, state=0, i=0: proto='"FOO bar\\r"...'`]),
    ...refused('g', 'PUX\r\n', [UNKNOWN, `[ERR] Client parser ERROR, state=30, i=2: proto='"X\\r"...'`]),
    ...refused('h', 'UNSUB\r\n', [UNKNOWN, `[ERR] Client parser ERROR, state=63, i=5: proto='"\\r"...'`]),
    ...refused('i', 'PUB a 1\r\nabc\r\n', [
      '[TRC] <<- [PUB a 1]',
      UNKNOWN,
      `[ERR] Client parser ERROR, state=41, i=10: proto='"bc\\r"...'`,
    ]),
    ...refused('j', "-ERR 'x'\r\n", ["[ERR] Client Error 'x'"], 'Parse Error'),
    ...refused('k', 'HPUB a 1 2\r\nab\r\n', ['[TRC] <<- [HPUB a 1 2]', '[ERR] message headers not supported']),
    ...refused('l', 'CONNECT {"headers":true}\r\nHPUB a 5 2\r\nab\r\n', [
      '[TRC] <<- [CONNECT {"headers":true}]',
      '[TRC] ->> [OK]',
      '[TRC] <<- [HPUB a 5 2]',
      '[ERR] processHeaderPub Header Size larger then TotalSize: "a 5 2"',
    ]),
    ...refused(
      'm',
      'CONNECT {"protocol":3}\r\n',
      [
        '[TRC] <<- [CONNECT {"protocol":3}]',
        '[TRC] ->> [-ERR invalid client protocol]',
        '[DBG] CLOSED',
        '[ERR] invalid client protocol',
      ],
      'Bad Client Protocol Version',
    ),
    ...refused(
      'n',
      'CONNECT {"no_responders":true}\r\n',
      [
        '[TRC] <<- [CONNECT {"no_responders":true}]',
        '[TRC] ->> [-ERR no responders requires headers support]',
        '[DBG] CLOSED',
        '[ERR] no responders requires headers support',
      ],
      'No Responders Requires Headers',
    ),
    ...refused(
      'o',
      'CONNECT {"account":"x"}\r\n',
      ['[TRC] <<- [CONNECT {"account":"x"}]', '[ERR] authentication error', '[TRC] ->> [-ERR Authorization Violation]'],
      'Authentication Failure',
    ),
  ],
});

logs('1.16-06', 'operations that are refused', {
  config: 'max_subs: 1\nmax_sub_tokens: 3\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'a',
      send: 'CONNECT {"pedantic":true}\r\nSUB a 1\r\nSUB b 2\r\nSUB c 2\r\nSUB a.b.c.d 3\r\nUNSUB 1\r\nSUB .. 4\r\nPUB a..b 0\r\n\r\n',
      lines: [
        '[TRC] a - <<- [CONNECT {"pedantic":true}]',
        '[TRC] a - ->> [OK]',
        '[TRC] a - <<- [SUB a 1]',
        '[TRC] a - ->> [OK]',
        '[TRC] a - <<- [SUB b 2]',
        '[ERR] a - maximum subscriptions exceeded',
        '[TRC] a - ->> [-ERR maximum subscriptions exceeded]',
        '[TRC] a - <<- [SUB c 2]',
        '[TRC] a - ->> [-ERR maximum subscriptions exceeded]',
        '[TRC] a - <<- [SUB a.b.c.d 3]',
        '[TRC] a - ->> [-ERR Permissions Violation for Subscription to "a.b.c.d", too many tokens]',
        '[ERR] a - Subscription Violation Too Many Tokens - Subject "a.b.c.d", SID 3',
        '[TRC] a - <<- [UNSUB 1]',
        '[TRC] a - ->> [OK]',
        '[TRC] a - <-> [DELSUB 1]',
        '[TRC] a - <<- [SUB .. 4]',
        '[TRC] a - ->> [-ERR Invalid Subject]',
        '[TRC] a - <<- [PUB a..b 0]',
        '[TRC] a - ->> [-ERR Invalid Publish Subject]',
        '[TRC] a - ->> [OK]',
      ],
    },
  ],
});

const U = 'f - "$G/user:u" -';

logs(['1.16-03', '1.16-04', '1.16-05', '1.16-06'], 'credentials and permissions', {
  config:
    'authorization { timeout: 60, users: [{user: u, password: p, permissions: {publish: "ok.>", subscribe: ["ok.>", "q g"]}},' +
    ' {user: "v\\"x", password: p}] }\n',
  steps: [
    ...refused(
      'a',
      'PING\r\n',
      ['[ERR] authentication error', '[TRC] ->> [-ERR Authorization Violation]'],
      'Authentication Failure',
    ),
    ...[
      ['b', '"user":"u","pass":"wrong"', '"user":"u","pass":"[REDACTED]"', ' - User "u"'],
      ['c', '"auth_token":"tok"', '"auth_token":"[REDACTED]"', ' - Token "[REDACTED]"'],
      ['d', '"sig":"s", "nkey" : "UX"', '"sig":"[REDACTED]", "nkey" : "[REDACTED]"', ' - Nkey "UX"'],
      ['e', '"jwt":"eyJ","proxy_sig":"s","z":1,"b":2', '"jwt":"eyJ","proxy_sig":"[REDACTED]","z":1,"b":2', ''],
    ].flatMap(([on, sent, shown, who]) =>
      refused(
        on as string,
        `CONNECT {${sent}}\r\n`,
        [
          `[TRC] <<- [CONNECT {${shown}}]`,
          `[ERR] authentication error${who}`,
          '[TRC] ->> [-ERR Authorization Violation]',
        ],
        'Authentication Failure',
      ),
    ),
    { on: 'f', lines: ['[DBG] f - Client connection created'] },
    {
      on: 'f',
      send:
        'CONNECT {"user":"u","pass":"p","verbose":false}\r\nPUB foo 1\r\nx\r\nPUB ok.a _R_.x 1\r\nx\r\n' +
        'SUB foo 1\r\nSUB foo q 2\r\nSUB ok.> 3\r\nPUB ok.x 1\r\ny\r\n',
      lines: [
        '[TRC] f - <<- [CONNECT {"user":"u","pass":"[REDACTED]","verbose":false}]',
        `[TRC] ${U} <<- [PUB foo 1]`,
        `[TRC] ${U} <<- MSG_PAYLOAD: ["x"]`,
        `[TRC] ${U} ->> [-ERR Permissions Violation for Publish to "foo"]`,
        `[ERR] ${U} Publish Violation - Subject "foo"`,
        `[TRC] ${U} <<- [PUB ok.a _R_.x 1]`,
        `[TRC] ${U} <<- MSG_PAYLOAD: ["x"]`,
        `[TRC] ${U} ->> [-ERR Permissions Violation for Publish with Reply of "_R_.x"]`,
        `[ERR] ${U} Publish Violation - Reply "_R_.x"`,
        `[TRC] ${U} <<- [SUB foo 1]`,
        `[TRC] ${U} ->> [-ERR Permissions Violation for Subscription to "foo"]`,
        `[ERR] ${U} Subscription Violation - Subject "foo", SID 1`,
        `[TRC] ${U} <<- [SUB foo q 2]`,
        `[TRC] ${U} ->> [-ERR Permissions Violation for Subscription to "foo" using queue "q"]`,
        `[ERR] ${U} Subscription Violation - Subject "foo", Queue: "q", SID 2`,
        `[TRC] ${U} <<- [SUB ok.> 3]`,
        `[TRC] ${U} <<- [PUB ok.x 1]`,
        `[TRC] ${U} <<- MSG_PAYLOAD: ["y"]`,
        `[TRC] ${U} ->> [MSG ok.x 3 1]`,
        `[TRC] ${U} ->> MSG_PAYLOAD: ["y"]`,
      ],
    },
    { on: 'g', lines: ['[DBG] g - Client connection created'] },
    {
      on: 'g',
      send: 'CONNECT {"pass":"p", "user":"v\\"x", "name":"k\\"l", "lang":"ts"}\r\n',
      lines: [
        '[TRC] g - <<- [CONNECT {"pass":"[REDACTED]", "user":"v\\"x", "name":"k\\"l", "lang":"ts"}]',
        '[TRC] g - "ts:k\\"l" - "$G/user:v\\"x" - ->> [OK]',
      ],
    },
  ],
});

logs(['1.16-03', '1.16-05'], 'a token', {
  config: 'authorization { timeout: 60, token: sec }\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'a',
      send: 'CONNECT {"auth_token":"sec","name":"n"}\r\n',
      lines: [
        '[TRC] a - <<- [CONNECT {"auth_token":"[REDACTED]","name":"n"}]',
        '[TRC] a - "n" - "$G/token" - ->> [OK]',
      ],
    },
  ],
});

logs('1.16-05', 'nobody in particular', {
  config: 'authorization { timeout: 60, users: [{user: u, password: p}, {user: w, password: p}] }\nno_auth_user: u\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    { on: 'a', send: 'PING\r\n', lines: ['[TRC] a - <<- [PING]', '[TRC] a - ->> [PONG]'] },
    // It has a name from its first CONNECT only, and being admitted without one counts as the first.
    {
      on: 'a',
      send: 'CONNECT {"name":"z"}\r\n',
      lines: ['[TRC] a - <<- [CONNECT {"name":"z"}]', '[TRC] a - ->> [OK]'],
    },
    { on: 'b', lines: ['[DBG] b - Client connection created'] },
    {
      on: 'b',
      send: 'CONNECT {"name":"y"}\r\n',
      lines: ['[TRC] b - <<- [CONNECT {"name":"y"}]', '[TRC] b - "y" - "$G/user:u" - ->> [OK]'],
    },
    { on: 'c', lines: ['[DBG] c - Client connection created'] },
    {
      on: 'c',
      send: 'CONNECT {"user":"w","pass":"p"}\r\n',
      lines: ['[TRC] c - <<- [CONNECT {"user":"w","pass":"[REDACTED]"}]', '[TRC] c - "$G/user:w" - ->> [OK]'],
    },
  ],
});

logs('1.16-07', 'one client too many', {
  config: 'max_connections: 1\n',
  steps: [
    { on: 'a', lines: [CREATED] },
    {
      on: 'b',
      lines: [
        '[DBG] b - Client connection created',
        '[TRC] b - ->> [-ERR maximum connections exceeded]',
        '[ERR] b - maximum connections exceeded',
        '[DBG] b - Client connection closed: Maximum Connections Exceeded',
      ],
    },
  ],
});

logs('1.16-07', 'a client that comes too late', {
  config: 'authorization { timeout: 0.2, user: u, password: p }\n',
  steps: [
    {
      on: 'a',
      lines: [
        CREATED,
        '[TRC] a - ->> [-ERR Authentication Timeout]',
        '[DBG] a - Authentication Timeout',
        '[DBG] a - Client connection closed: Authentication Timeout',
      ],
    },
  ],
});

logs('1.16-07', 'ping timers', {
  // Nothing has to be in time but the CONNECT, before the first ping.
  config: 'ping_interval: "2s"\nping_max: 1\n',
  pings: true,
  steps: [
    {
      on: 'a',
      send: `${CONNECT}PONG\r\nPING\r\n`,
      lines: [
        CREATED,
        CONNECT_LINE,
        `[TRC] ${A} <<- [PONG]`,
        `[TRC] ${A} <<- [PING]`,
        `[TRC] ${A} ->> [PONG]`,
        `[DBG] ${A} Client Ping Timer`,
        `[TRC] ${A} ->> [PING]`,
        `[DBG] ${A} Client Ping Timer`,
        `[DBG] ${A} Stale Client Connection - Closing`,
        `[DBG] ${A} Client connection closed: Stale Connection`,
      ],
    },
  ],
});
