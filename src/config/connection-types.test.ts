import { expect, test } from 'vitest';
import { ConfigError, OptionsError } from './errors.js';
import { loadConfigText } from './load.js';
import { resolveOptions } from './resolve.js';
import type { BrokerOptions } from './types.js';

const user = (field: string) => `authorization { users: [{user: a, password: b, ${field}}] }`;
const typesOf = (options: BrokerOptions) => resolveOptions(options).authorization.users[0]?.allowedConnectionTypes;

test.each<[string, string[] | undefined]>([
  ['allowed_connection_types: [websocket, Standard, STANDARD]', ['STANDARD', 'WEBSOCKET']],
  ['connection_types: mqtt', ['MQTT']],
  [
    'clients: [LEAFNODE, LEAFNODE_WS, MQTT, MQTT_WS, IN_PROCESS]',
    ['LEAFNODE', 'LEAFNODE_WS', 'MQTT', 'MQTT_WS', 'IN_PROCESS'],
  ],
  ['allowed_connection_types: []', undefined],
  ['permissions: {}', undefined],
])('2.4 4.10 %s', (field, types) => {
  expect(typesOf(loadConfigText(user(field), 'F', { checkOnly: true }).options)).toEqual(types);
});

test.each([
  ['allowed_connection_types: [foo, STANDARD, Bar]', 'F:1:47: invalid connection types ["FOO" "BAR"]'],
  ['clients: "x y"', 'F:1:47: invalid connection types ["X Y"]'],
  ['clients: 5', 'F:1:47: error parsing allowed connection types: unsupported type int64'],
  ['clients: {}', 'F:1:47: error parsing allowed connection types: unsupported type map[string]interface {}'],
  ['clients: [a, true]', 'F:1:60: error parsing allowed connection types: unsupported type in array bool'],
])('2.4 4.10 %s is refused', (field, line) => {
  const attempt = () => loadConfigText(user(field), 'F');
  expect(attempt).toThrow(ConfigError);
  expect(attempt).toThrow(line);
});

test('2.4 4.10 in library options', () => {
  const types = (allowedConnectionTypes: unknown) =>
    typesOf({ authorization: { users: [{ user: 'a', allowedConnectionTypes }] } } as BrokerOptions);
  expect(types(['mqtt', 'STANDARD'])).toEqual(['STANDARD', 'MQTT']);
  expect(types('IN_PROCESS')).toEqual(['IN_PROCESS']);
  expect(types([])).toBeUndefined();
  expect(() => types(['x'])).toThrow(OptionsError);
  expect(() => types(5)).toThrow('must be a list of connection types');
});
