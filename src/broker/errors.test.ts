import { describe, expect, it } from 'vitest';
import { Broker } from './broker.js';
import { listenError } from './errors.js';

const refused = (code: string, host = '127.0.0.1') =>
  listenError(Object.assign(new Error('no'), { code }), { what: 'client port', host, port: 4222 });

describe('a refusal to listen says what to do', () => {
  it.each([
    // 0 is the default port in a file and on a command line; -1 is any free one everywhere.
    ['EADDRINUSE', '127.0.0.1', /choose another port \(-1 takes any free one\)$/],
    ['EADDRNOTAVAIL', '1.2.3.4', /^1\.2\.3\.4 is not an address of this machine: use 127/],
    ['ENOTFOUND', 'nats.invalid', /^nats\.invalid is no name that this machine can resolve to an address: use 127/],
    ['ENOTFOUND', '[::1]', /stands without brackets, ::1$/],
  ])('%s on %s', (code, host, message) => {
    expect(refused(code, host)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

it('a broker is not made by new', () => {
  const make = Broker as unknown as new (options: object) => Broker;
  expect(() => new make({ port: 0 })).toThrow(expect.objectContaining({ code: 'NOT_STARTED' }));
});
