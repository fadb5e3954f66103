import { describe, expect, test } from 'vitest';
import { difference } from './difference.js';
import { resolveOptions } from './resolve.js';
import { OPTIONS } from './schema.js';
import { type Setting, settingsOf } from './settings.js';
import type { OptionSpec } from './spec.js';
import type { BrokerOptions } from './types.js';

const settings = (options: BrokerOptions = {}): Setting[] => settingsOf(resolveOptions(options), { port: 4222 });
const changed = (before: BrokerOptions, after: BrokerOptions) => difference(settings(before), settings(after));
const names = (changes: readonly { name: string }[]) => changes.map(({ name }) => name);

/** These say where the options come from. */
const NO_SETTING = ['configFile', 'allowUnsupported'];
/** Told in parts, or under another name. */
const IN_PARTS = ['authorization', 'http', 'proxies'];

describe('the list a reload goes through', () => {
  test('has every option that works', () => {
    const rows = (OPTIONS as readonly OptionSpec[]).filter((row) => row.key !== undefined && row.support === 'yes');
    const listed = names(settings());
    for (const { name, key = '' } of rows) {
      if (NO_SETTING.includes(key)) continue;
      const found = IN_PARTS.includes(name) ? listed.some((n) => n.startsWith(name)) : listed.includes(name);
      expect(found, name).toBe(true);
    }
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('says nothing changed when nothing did', () => {
    const options = { http: '127.0.0.1:-1', authorization: { user: 'a', password: 'b' }, serverName: 'x' };
    expect(changed(options, structuredClone(options)).verdict).toBe('same');
  });

  test('any free port is the one in use', () => {
    expect(changed({ port: 4222 }, { port: -1 }).verdict).toBe('same');
    expect(names(changed({ port: -1 }, { port: 5 }).restart)).toEqual(['port']);
  });

  test('comes in the order of the reference', () => {
    const fields = settings().map(({ field }) => field);
    const some = [
      'ServerName',
      'Trace',
      'Debug',
      'MaxConn',
      'Users',
      'Accounts',
      'Username',
      'PingInterval',
      'LogFile',
    ];
    expect(fields.filter((field) => some.includes(field))).toEqual(some);
  });

  test('never shows a secret', () => {
    const secrets = { user: 'visible', password: 'hidden1' };
    const shown = [
      ...settings({ authorization: secrets }),
      ...settings({ authorization: { token: 'hidden2' } }),
      ...settings({ authorization: { users: [{ user: 'u', password: 'hidden3' }] } }),
    ].map(({ shown, line }) => shown + line);
    expect(shown.join('\n')).not.toContain('hidden');
  });

  test.each([
    [{ writeTimeout: 'retry' as const }, 'write_timeout', '', 'retry'],
    [{ lameDuckDuration: '40s' }, 'lame_duck_duration', '2m0s', '40s'],
    [{ http: '127.0.0.1:8222' }, 'http_port', '0', '8222'],
    [{ maxPending: '32MB' }, 'max_pending', '67108864', '33554432'],
    [{ dontListen: true }, 'dont_listen', 'false', 'true'],
    [{ reactors: 3 }, 'reactors', '', '3'],
    [{ profPort: -1 }, 'prof_port', '0', '-1'],
    [{ disableSublistCache: true }, 'disable_sublist_cache', 'false', 'true'],
    [{ featureFlags: { z: true, a: false } }, 'feature_flags', 'map[]', 'map[a:false z:true]'],
  ])('%j is refused as %s: old=%s, new=%s', (options, name, before, after) => {
    const { verdict, restart } = changed({ host: '127.0.0.1' }, { host: '127.0.0.1', ...options });
    expect(verdict).toBe('restart');
    const change = restart.find((found) => found.name === name);
    expect([change?.before?.shown, change?.after?.shown]).toEqual([before, after]);
  });
});

test('an option that is ignored on both sides needs nothing', () => {
  const side = (fingerprint: string) => [{ name: 'x', reload: 'N' as const, fingerprint, ignored: 'not there yet' }];
  const { verdict, ignored, restart } = difference(side('1'), side('2'));
  expect([verdict, names(ignored), names(restart)]).toEqual(['reload', ['x'], []]);
});
