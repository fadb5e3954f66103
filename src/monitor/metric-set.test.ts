import { expect, it } from 'vitest';
import { MetricSet } from './metric-set.js';

it('writes families in order, samples together, and labels escaped', () => {
  const set = new MetricSet();
  set.gauge('z_last', { a: '1' }, 1.5, 'the last');
  set.counter('a_first', { name: 'say "hi"\\\n' }, 3, 'the first');
  set.gauge('z_last', { a: '2' }, 0, 'ignored: the family has its help');
  expect(set.text()).toBe(
    [
      '# HELP a_first the first',
      '# TYPE a_first counter',
      'a_first{name="say \\"hi\\"\\\\\\n"} 3',
      '# HELP z_last the last',
      '# TYPE z_last gauge',
      'z_last{a="1"} 1.5',
      'z_last{a="2"} 0',
      '',
    ].join('\n'),
  );
});
