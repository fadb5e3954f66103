import { expect, it } from 'vitest';
import { nonLocalAddresses } from './address.js';

it('lists the addresses that other machines can reach', () => {
  const of = (address: string, internal = false) => ({ address, internal });
  const interfaces = {
    lo: [of('127.0.0.1', true), of('::1', true)],
    eth0: [of('192.0.2.2'), of('fd00::2'), of('fe80::fc:ff:fe00:1'), of('169.254.7.1')],
    none: undefined,
    eth1: [of('10.0.0.1'), of('2001:db8::1')],
  };
  expect(nonLocalAddresses(interfaces)).toEqual(['192.0.2.2', 'fd00::2', '10.0.0.1', '2001:db8::1']);
});
