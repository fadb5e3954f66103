/** Section 1.3: CONNECT. */
import { describe, expect } from 'vitest';
import { closedReason, connz } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { connectLine, err, msg, pub } from '../support/raw.js';
import { useServer } from '../support/server.js';

describe('without auth', () => {
  const server = useServer({ monitor: true });

  proves('1.3-01', 'CONNECT {} leaves verbose and pedantic on', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {}\r\n', '+OK\r\n');
    await client.exchange(pub('a.*', 'x'), `${err('Invalid Publish Subject')}+OK\r\n`);
    const other = await server.connect();
    await other.exchange('CONNECT {"pedantic":false}\r\nPUB a.* 0\r\n\r\n', '+OK\r\n+OK\r\n');
  });

  proves('1.3-02', 'keys in any case, unknown keys ignored', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {"VERBOSE":false,"Pedantic":false,"colour":{"a":[1]},"name":"n"}\r\n', '');
    const entry = (await connz(server, `?cid=${client.info.client_id}`)).connections[0];
    expect(entry?.name).toBe('n');
  });

  const bad: [string, string][] = [
    ['bad JSON', 'CONNECT {bad}\r\n'],
    ['no JSON', 'CONNECT foo\r\n'],
    ['text after the object', 'CONNECT {"verbose":false} trailing\r\n'],
    ['a string for a boolean', 'CONNECT {"verbose":"yes"}\r\n'],
    ['a number for a string', 'CONNECT {"name":5}\r\n'],
    ['a fraction for protocol', 'CONNECT {"protocol":0.5}\r\n'],
    ['a string for protocol', 'CONNECT {"protocol":"1"}\r\n'],
    ['an array', 'CONNECT []\r\n'],
    ['no argument', 'CONNECT \r\n'],
    ['nothing at all', 'CONNECT\r\n'],
  ];
  for (const [what, line] of bad) {
    proves('1.3-03', `${what} closes without -ERR`, async () => {
      const client = await server.connect();
      client.send(line);
      await client.expectClosed();
      expect(await closedReason(server, client.info.client_id)).toBe('Protocol Violation');
    });
  }

  proves('1.3-03', 'null keeps the default', async () => {
    const client = await server.connect();
    await client.exchange('CONNECT {"verbose":null,"name":null}\r\n', '+OK\r\n');
    await client.exchange('CONNECT null\r\n', '+OK\r\n');
  });

  for (const protocol of [2, -1, 99]) {
    proves(['1.3-04', '1.11-11'], `protocol ${protocol} is refused`, async () => {
      const client = await server.connect();
      client.send(connectLine({ protocol }));
      await client.expect(err('invalid client protocol'));
      await client.expectClosed();
      expect(await closedReason(server, client.info.client_id)).toBe('Bad Client Protocol Version');
    });
  }

  proves(['1.3-05', '1.11-12'], 'no_responders without headers is refused', async () => {
    const client = await server.connect();
    client.send(connectLine({ no_responders: true }));
    await client.expect(err('no responders requires headers support'));
    await client.expectClosed();
    expect(await closedReason(server, client.info.client_id)).toBe('No Responders Requires Headers');
  });

  proves('1.3-06', 'a CONNECT longer than max_control_line is refused', async () => {
    const client = await server.connect();
    const base = JSON.stringify({ verbose: false, name: '' }).length;
    client.send(`CONNECT ${JSON.stringify({ verbose: false, name: 'n'.repeat(4096 - base) })}\r\n`);
    await client.ping();
    client.send(`CONNECT ${JSON.stringify({ verbose: false, name: 'n'.repeat(4097 - base) })}\r\n`);
    await client.expect(err('maximum control line exceeded'));
    await client.expectClosed();
  });

  for (const line of ['CONNECT{"verbose":false}', 'connect {"verbose":false}', 'CoNnEcT\t{"verbose":false}\t']) {
    proves('1.3-07', `${JSON.stringify(line)} is accepted`, async () => {
      await (await server.connect()).exchange(`${line}\r\n`, '');
    });
  }

  proves('1.3-08', 'credentials are ignored', async () => {
    await server.open({ user: 'nobody', pass: 'x', auth_token: 'y', jwt: 'z', nkey: 'n', sig: 's' });
  });

  proves('1.3-09', 'a second CONNECT drops all subscriptions and takes the new options', async () => {
    const client = await server.open();
    await client.exchange(`SUB a 1\r\nSUB b q 2\r\n${pub('a', 'x')}`, msg('a', 1, 'x'));
    await client.exchange(`CONNECT {"verbose":true,"pedantic":false}\r\n${pub('a', 'x')}`, '+OK\r\n+OK\r\n');
    await client.exchange(`SUB a 1\r\n${pub('a', 'y')}`, `+OK\r\n+OK\r\n${msg('a', 1, 'y')}`);
    const other = await server.open();
    await other.exchange(pub('b', 'x'), '');
    await client.exchange(`${connectLine({ echo: false })}SUB a 1\r\n${pub('a', 'z')}`, '');
    await other.exchange(pub('a', 'from other'), '');
    await client.exchange('', msg('a', 1, 'from other'));
  });

  proves('1.3-16', 'a second CONNECT is read over the options in force', async () => {
    const client = await server.open({ echo: false });
    await client.exchange(`CONNECT {}\r\nSUB a 1\r\n${pub('a', 'x')}`, '');
    await client.exchange(`CONNECT {"verbose":true}\r\nSUB a 1\r\n${pub('a', 'x')}`, '+OK\r\n+OK\r\n+OK\r\n');
    await client.exchange('CONNECT {"echo":true}\r\nSUB b 1\r\n', '+OK\r\n+OK\r\n');
    await client.exchange(pub('b', 'x'), `+OK\r\n${msg('b', 1, 'x')}`);
  });

  proves(['1.3-10', '1.9-03'], 'ops before CONNECT work and are acknowledged', async () => {
    const client = await server.connect();
    await client.exchange(`SUB a 1\r\n${pub('a', 'x')}`, `+OK\r\n+OK\r\n${msg('a', 1, 'x')}`);
    await client.exchange('UNSUB 1\r\n', '+OK\r\n');
  });

  proves('1.3-13', 'account in CONNECT is refused', async () => {
    for (const fields of [{ account: 'A' }, { account: 'A', new_account: true }]) {
      const client = await server.connect();
      client.send(connectLine(fields));
      await client.expect(err('Authorization Violation'));
      await client.expectClosed();
    }
  });
});

describe('with auth', () => {
  const server = useServer({ monitor: true, config: 'authorization { timeout: 60, user: u, password: pw }\n' });

  for (const line of [
    'PING\r\n',
    'PUB a 0\r\n\r\n',
    'SUB a 1\r\n',
    'UNSUB 1\r\n',
    'PONG\r\n',
    '+OK\r\n',
    'INFO {}\r\n',
    'X',
  ]) {
    proves(['1.3-11', '1.11-02'], `${JSON.stringify(line)} before CONNECT is an Authorization Violation`, async () => {
      const client = await server.connect();
      client.send(line);
      await client.expect(err('Authorization Violation'));
      await client.expectClosed();
      expect(await closedReason(server, client.info.client_id)).toBe('Authentication Failure');
    });
  }
});

describe('with no_auth_user', () => {
  const users = 'users: [{user: a, password: pw, permissions: {publish: {allow: ["a"]}}}, {user: b, password: pb}]';
  const server = useServer({ monitor: true, config: `authorization { timeout: 60, ${users} }\nno_auth_user: a\n` });

  proves('1.3-12', 'the first op logs the client in with the permissions of the user', async () => {
    const client = await server.connect();
    await client.exchange('', '');
    client.send(pub('b', ''));
    await client.expect(err('Permissions Violation for Publish to "b"'));
    await client.exchange(pub('a', ''), '+OK\r\n');
    const entry = (await connz(server, `?auth=1&cid=${client.info.client_id}`)).connections[0];
    expect(entry?.authorized_user).toBe('a');
  });

  proves('1.3-12', 'its PING is the first one: no INFO with connect_info after the CONNECT that follows', async () => {
    const early = await server.connect();
    await early.exchange('', '');
    await early.exchange('CONNECT {"verbose":false,"protocol":1}\r\n', '');
    await early.exchange('', '');
    const late = await server.connect();
    late.send('CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n');
    await late.expect('PONG\r\n');
    expect(JSON.parse((await late.next('INFO')).args)).toMatchObject({ connect_info: true });
  });

  proves('1.3-12', 'CONNECT without credentials logs in too; with credentials they count', async () => {
    const anonymous = await server.open();
    await anonymous.exchange(pub('b', ''), err('Permissions Violation for Publish to "b"'));
    const named = await server.open({ user: 'b', pass: 'pb' });
    await named.exchange(pub('b', ''), '');
  });
});
