/** Mappings as library options, and what is compared of them. What files may say: mappings-reference.test.ts. */
import { describe, expect, it } from 'vitest';
import { mappingDestinations } from './blocks/mappings.js';
import { type BrokerOptions, loadConfigText, resolveOptions, settingsOf } from './index.js';

const refusal = (mappings: unknown) => () => resolveOptions({ mappings } as BrokerOptions);

describe('4.11 mappings of the library', () => {
  it('are a subject, destinations, or one of them', () => {
    const mappings: BrokerOptions['mappings'] = {
      a: 'b',
      c: { destination: 'd', weight: '20%' },
      e: [
        { destination: 'f', weight: 0, cluster: 'C' },
        { destination: 'g', weight: 100 },
      ],
    };
    const resolved = resolveOptions({ mappings, accounts: { A: { mappings } } });
    expect(resolved.mappings).toEqual(mappings);
    expect(resolved.accounts?.A?.mappings).toEqual(mappings);
    expect(Object.values(resolved.mappings ?? {}).map(mappingDestinations)).toEqual([
      [{ subject: 'b', weight: 100 }],
      [{ subject: 'd', weight: 20 }],
      [
        { subject: 'f', weight: 0, cluster: 'C' },
        { subject: 'g', weight: 100 },
      ],
    ]);
  });

  it('keep the order in which they are written', () => {
    const keys = (mappings: BrokerOptions['mappings']) => Object.keys(resolveOptions({ mappings }).mappings ?? {});
    expect(keys({ b: 'x', a: 'y' })).toEqual(['b', 'a']);
    const { options } = loadConfigText('mappings { "*": x, "b.*": y, a: z }', 'F');
    expect(Object.keys(options.mappings ?? {})).toEqual(['*', 'b.*', 'a']);
  });

  it.each<[unknown, string]>([
    [{ 'a..b': 'c' }, 'Subject "a..b" is not a valid subject'],
    [{ a: 5 }, 'mappings.a must be'],
    [{ a: { destination: 'b' } }, 'Missing weight for mapping destination "b"'],
    [{ a: { destination: 'b', weight: 101 } }, 'Invalid weight 101 for mapping destination'],
    [{ a: { destination: 'b', weight: -1 } }, 'Invalid weight -1 for mapping destination'],
    [{ a: { destination: 'b', weight: '1.5' } }, 'Invalid weight "1.5" for mapping destination'],
    [{ a: { destination: 'b', weight: 1.5 } }, 'must be a whole number'],
    [{ 'a.*': 'b.$2' }, 'Error adding mapping for "a.*" to "b.$2" : invalid mapping destination: wildcard index'],
    [{ a: [{ destination: 'b', weight: 1, part: 2 }] }, 'unknown option "part"'],
    [
      {
        a: [
          { destination: 'b', weight: 51 },
          { destination: 'c', weight: 50 },
        ],
      },
      'Error adding mapping for "a" : total weight needs to be <= 100',
    ],
  ])('%j is refused', (mappings, told) => {
    expect(refusal(mappings)).toThrow(told);
  });

  it('a change of their order is a change', () => {
    const fingerprint = (mappings: BrokerOptions['mappings']) =>
      settingsOf(resolveOptions({ mappings }), { port: 0 }).find(({ name }) => name === 'mappings')?.fingerprint;
    expect(fingerprint({ a: 'x', b: 'y' })).toBe(fingerprint({ a: 'x', b: 'y' }));
    expect(fingerprint({ a: 'x', b: 'y' })).not.toBe(fingerprint({ b: 'y', a: 'x' }));
  });
});
