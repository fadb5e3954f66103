/** What a server says of itself by configuration, and two options whose effect monitoring shows. */
import { expect } from 'vitest';
import { settled } from '../support/deadline.js';
import { getJson } from '../support/monitor.js';
import { proves } from '../support/proves.js';
import { msg, pub } from '../support/raw.js';
import { endServersAfterEach, TestServer } from '../support/server.js';

endServersAfterEach();

const LABELS = `server_tags: ["Zone:A", " rack-7 ", "rack-7", ""]
server_metadata { K: v, a: "1" }
feature_flags { js_ack_fc_v2: true, js_raft_delete_range: true, js_snapshot_sources: false, zz: true, aa: false }
`;
const FLAGS = { js_ack_fc_v2: true, js_api_reply_v2: false, js_raft_delete_range: true, js_snapshot_sources: false };

proves(['5.2-04', '1.15-14', '3.4-03'], 'tags, metadata and feature flags', async () => {
  const server = await TestServer.start({ config: LABELS, monitor: true });
  const varz = await getJson(server, '/varz');
  const own = { tags: ['zone:a', 'rack-7'], metadata: { K: 'v', a: '1' }, feature_flags: FLAGS };
  expect(varz).toMatchObject(own);
  const keys = Object.keys(varz);
  const from = keys.indexOf('tags');
  expect(keys.slice(from - 1, from + 3)).toEqual(['config_digest', 'tags', 'metadata', 'feature_flags']);

  const client = await server.open({ headers: true });
  client.send('SUB t 1\r\nHPUB a 32 32\r\nNATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n\r\n');
  const { server: speaker } = JSON.parse((await client.next('MSG')).payload?.toString() ?? '');
  expect(speaker).toMatchObject(own);
  expect(Object.keys(speaker).slice(3, 8)).toEqual(['ver', 'tags', 'metadata', 'feature_flags', 'jetstream']);

  const lines = server.log.map((line) => line.replace(/^.*?\[(?=INF)/, '['));
  const at = lines.indexOf('[INF]   Feature flags:');
  expect(lines[at - 1]).toContain('[INF]   ID:');
  expect(lines.slice(at + 1, at + 3)).toEqual([
    '[INF]     Configured:    js_ack_fc_v2 (opt-in), js_raft_delete_range (enabled), js_snapshot_sources (disabled)',
    '[INF]     Unsupported:   aa, zz',
  ]);
});

proves('5.2-04', 'a server without any says so by silence', async () => {
  const server = await TestServer.start({ config: '', monitor: true });
  const varz = await getJson(server, '/varz');
  expect(varz).not.toHaveProperty('tags');
  expect(varz).not.toHaveProperty('metadata');
  expect(varz.feature_flags).toEqual({ ...FLAGS, js_ack_fc_v2: false });
  expect(server.log.join('\n')).not.toContain('Feature flags');
});

proves('5.4-03', 'without the cache nothing is remembered, and messages come all the same', async () => {
  const server = await TestServer.start({ config: 'disable_sublist_cache: true\n', monitor: true });
  const [client, publisher] = [await server.open(), await server.open()];
  await client.exchange('SUB a 1\r\nSUB b q 2\r\n', '');
  const subjects = ['a', 'b', 'a', 'b', 'c', 'a'];
  for (const subject of subjects) await publisher.exchange(pub(subject, subject), '');
  await client.expect(msg('a', 1, 'a') + msg('b', 2, 'b') + msg('a', 1, 'a') + msg('b', 2, 'b') + msg('a', 1, 'a'));
  await settled(async () => {
    const subsz = await getJson<Record<string, number>>(server, '/subsz?acc=$G');
    expect(subsz).toMatchObject({ num_cache: 0, cache_hit_rate: 0, max_fanout: 0, avg_fanout: 0 });
    expect(subsz.num_matches).toBeGreaterThanOrEqual(3);
  });
});
