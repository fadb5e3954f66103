import { expect, it } from 'vitest';
import { BadRequestError, described, FILTER_ONLY, readOptions } from './options.js';

const DESCRIPTION = described('Test', { on: 'bool', count: 'int', name: 'string', list: '[]string', cid: 'uint64' });

it('reads options by name, in any case, and leaves out what it does not know', () => {
  const options = readOptions(
    '{"on":true,"COUNT":-2,"name":null,"list":["a"],"other":{},"Server_Name":"s"}',
    DESCRIPTION,
  );
  expect([options.flag('on'), options.number('count'), options.text('name'), options.texts('list')]).toEqual([
    ...[true, -2, '', ['a']],
  ]);
  expect(options.text('server_name')).toBe('s');
  for (const body of ['', 'null', '{}']) expect(readOptions(body, DESCRIPTION).flag('on')).toBe(false);
});

it.each([
  ['{"on":1}', 'number into Go struct field TestEventOptions.TestOptions.on of type bool'],
  ['{"name":true}', 'bool into Go struct field TestEventOptions.TestOptions.name of type string'],
  ['{"list":"a"}', 'string into Go struct field TestEventOptions.TestOptions.list of type []string'],
  ['{"count":{}}', 'object into Go struct field TestEventOptions.TestOptions.count of type int'],
  ['{"count":1.5}', 'number 1.5 into Go struct field TestEventOptions.TestOptions.count of type int'],
  ['{"cid":-1}', 'number -1 into Go struct field TestEventOptions.TestOptions.cid of type uint64'],
  ['{"tags":[1]}', 'array into Go struct field TestEventOptions.EventFilterOptions.tags of type []string'],
  ['true', 'bool into Go value of type server.TestEventOptions'],
])('refuses %s', (body, problem) => {
  expect(() => readOptions(body, DESCRIPTION)).toThrow(new BadRequestError(`json: cannot unmarshal ${problem}`));
});

it('names fields that nothing embeds by their type alone', () => {
  expect(() => readOptions('{"host":1}', FILTER_ONLY)).toThrow(
    'Go struct field EventFilterOptions.host of type string',
  );
});
