import { expect, it } from 'vitest';
import { resolveOptions } from '../config/index.js';
import { FakeSource } from '../monitor/testing/fake-source.js';
import type { SystemHost } from './host.js';
import { ServerInfo, withServer } from './server-info.js';

function host(source: FakeSource): SystemHost {
  let number = 0;
  return {
    options: () => source.options,
    source: () => source,
    advertisedHost: () => 'here',
    nextEventNumber: () => {
      number += 1;
      return number;
    },
  } as unknown as SystemHost;
}

it('counts messages, and follows a reload', () => {
  const source = new FakeSource();
  const info = new ServerInfo(host(source));
  expect(JSON.parse(info.next())).toMatchObject({ name: 'me', host: 'here', tags: ['zone:a', 'b'], seq: 1 });
  expect(JSON.parse(info.next())).toMatchObject({ metadata: { rack: '7' }, seq: 2 });
  Object.assign(source, { options: resolveOptions({ serverTags: ['c'] }) });
  const changed = JSON.parse(info.next());
  expect(changed).toMatchObject({ tags: ['c'], seq: 3 });
  expect(changed).not.toHaveProperty('metadata');
});

it('stands between other fields, which may be none', () => {
  const info = new ServerInfo(host(new FakeSource()));
  expect(Object.keys(JSON.parse(withServer(info, '"a":1', { b: 2 })))).toEqual(['a', 'server', 'b']);
  expect(Object.keys(JSON.parse(withServer(info, '', {})))).toEqual(['server']);
});
