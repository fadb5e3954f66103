import { expect, test } from 'vitest';
import { featureFlagLines, mergedFeatureFlags } from './feature-flags.js';

test('what is configured counts, as far as there is such a flag', () => {
  const merged = mergedFeatureFlags({ js_ack_fc_v2: true, js_raft_delete_range: false, zz: true });
  expect(Object.entries(merged)).toEqual([
    ['js_ack_fc_v2', true],
    ['js_api_reply_v2', false],
    ['js_raft_delete_range', false],
    ['js_snapshot_sources', false],
  ]);
  expect(mergedFeatureFlags()).toMatchObject({ js_ack_fc_v2: false, js_raft_delete_range: true });
});

test.each([
  [{}, []],
  [{ toString: true }, ['  Feature flags:', '    Configured:    none', '    Unsupported:   toString']],
  [
    { zz: true, js_raft_delete_range: true, js_ack_fc_v2: true, aa: false, js_snapshot_sources: false },
    [
      '  Feature flags:',
      '    Configured:    js_ack_fc_v2 (opt-in), js_raft_delete_range (enabled), js_snapshot_sources (disabled)',
      '    Unsupported:   aa, zz',
    ],
  ],
  [{ js_raft_delete_range: false }, ['  Feature flags:', '    Configured:    js_raft_delete_range (opt-out)']],
])('a start tells of %j', (flags, lines) => {
  expect(featureFlagLines(flags)).toEqual(lines);
});
