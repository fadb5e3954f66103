import { describe, expect, it } from 'vitest';
import { latencyOf } from './blocks/service-exports.js';
import { serviceImportsOf, serviceProblems } from './blocks/service-imports.js';

const from = (account: string, subject: string) => ({ service: { account, subject } });
/** The imports of B, where A exports these. */
const imported = (exports: object[], ...imports: object[]) =>
  serviceImportsOf({ A: { exports }, B: { imports } }).get('B');

describe('4.3 service imports with what their export says', () => {
  it('have another name only where it is one', () => {
    const imports = [
      from('A', 'a'),
      { ...from('A', 'b'), to: 'b' },
      { ...from('A', 'c.*'), to: 'd.$1', share: true },
      { ...from('A', 'e'), to: 'f.>', share: false },
    ];
    expect(imported([{ service: '>' }], ...imports)).toEqual([
      { account: 'A', subject: 'a' },
      { account: 'A', subject: 'b' },
      { account: 'A', subject: 'c.*', to: 'd.$1', share: true },
      { account: 'A', subject: 'e', to: 'f.>' },
    ]);
  });

  it('follow the export of the same subject, else the first that covers and allows it', () => {
    const exports = [
      { service: 'a.*', accounts: ['C'], response: 'stream' },
      { service: 'a.>', thresholdMs: 5 },
      { service: 'a.b', response: 'chunk', allowTrace: true },
      { service: '>', response: 'stream' },
    ];
    const a = { account: 'A' };
    expect(imported(exports, from('A', 'a.b'))).toEqual([
      { ...a, subject: 'a.b', response: 'chunked', allowTrace: true },
    ]);
    expect(imported(exports, from('A', 'a.c'))).toEqual([{ ...a, subject: 'a.c', threshold: 5 }]);
    const withoutTime = [{ service: 'a', thresholdMs: 0 }];
    expect(imported(withoutTime, from('A', 'a')), 'the standard').toEqual([{ ...a, subject: 'a' }]);
    expect(imported(exports, from('A', 'c'))).toEqual([{ ...a, subject: 'c', response: 'stream' }]);
    expect(imported([{ service: 'a.*', accounts: ['C'] }], from('A', 'a.b'))).toBeUndefined();
    expect(serviceImportsOf({ A: { exports } }).size).toBe(0);
  });

  it('see exports of one subject as one; the last says how long answers may take', () => {
    const exports = [
      { service: 'a', response: 'stream', allowTrace: true, thresholdMs: 5 },
      { service: 'a', response: 'single', latency: { subject: 'm' } },
    ];
    expect(imported(exports, from('A', 'a'))).toEqual([
      { account: 'A', subject: 'a', response: 'stream', allowTrace: true, latency: { subject: 'm', sampling: 100 } },
    ]);
  });
});

it('1.18 what is measured, in one form', () => {
  expect(latencyOf(undefined)).toBeUndefined();
  expect(latencyOf('m')).toEqual({ subject: 'm', sampling: 100 });
  for (const [written, sampling] of [
    [5, 5],
    ['20%', 20],
    ['+7', 7],
    ['headers', 0],
    [' Headers', 0],
  ] as const) {
    expect(latencyOf({ subject: 'm', sampling: written }), `${written}`).toEqual({ subject: 'm', sampling });
  }
});

describe('4.3 service imports that can not be', () => {
  const problems = (exports: object[], ...imports: object[]) => serviceProblems({ A: { exports }, B: { imports } });

  it('what no export allows', () => {
    const told = ['Error adding service import "a.b": service import not authorized'];
    expect(problems([{ service: 'a.*' }], from('A', 'a.b'))).toEqual([]);
    expect(problems([{ stream: 'a.*' }], from('A', 'a.b'))).toEqual(told);
    expect(problems([{ service: 'a.*', accounts: ['A'] }], from('A', 'a.b'))).toEqual(told);
    expect(problems([{ service: 'a.*', accountTokenPosition: 2 }], from('A', 'a.b'))).toEqual(told);
    expect(problems([{ service: 'a.*', accountTokenPosition: 2 }], from('A', 'a.B'))).toEqual([]);
    expect(problems([], from('C', 'a'))).toEqual(['"C" account not defined for service import']);
  });

  it('one export that covers a subject and allows it is enough', () => {
    const exports = [
      { service: 'a.*', accounts: ['A'] },
      { service: 'a.>', accounts: ['B'] },
    ];
    expect(problems(exports, from('A', 'a.b'))).toEqual([]);
  });

  it('two for requests of one name to one account', () => {
    const twice = [
      { ...from('A', 'a.*'), to: 'x.$1' },
      { ...from('A', 'b.*'), to: 'x.*' },
    ];
    expect(problems([{ service: '>' }], ...twice)).toEqual([
      'Error adding service import "b.*": duplicate service import subject "x.*", previously used in import for account "A", subject "a.*"',
    ]);
  });

  it('those that lead back, whatever the order of the accounts', () => {
    const exports = [{ service: '>' }];
    const A = { exports, imports: [{ ...from('B', 'b'), to: 'a' }] };
    const B = { exports, imports: [{ ...from('A', 'a'), to: 'b' }] };
    const told = ['Error adding service import "a": import forms a cycle'];
    expect(serviceProblems({ A, B })).toEqual(told);
    expect(serviceProblems({ B, A })).toEqual(told);
  });

  it('measurements without a system account, or of more than one answer', () => {
    const exports = [{ service: 'a', latency: 'm' }];
    expect(serviceProblems({ A: { exports } }, false)).toEqual([
      'Error adding service latency sampling for "a": system account not setup',
    ]);
    expect(problems([{ service: 'a', latency: 'm', response: 'chunked' }])).toEqual([
      'Error adding service latency sampling for "a" on subject "m": bad service response type',
    ]);
  });
});
