import { describe, expect, it } from 'vitest';
import { readTarget } from './target.js';

describe('readTarget', () => {
  it.each([
    ['/varz', '/varz', ''],
    ['/connz?subs=1&a=b', '/connz', 'subs=1&a=b'],
    ['/v%61rz', '/varz', ''],
    ['/varz%3Fx', '/varz?x', ''],
    ['http://host:1/varz?x=1', '/varz', 'x=1'],
    ['HTTPS://host', '/', ''],
    ['/varz/', '/varz/', ''],
    ['/connz?a=1;b=2&c=%zz&d=%2&e=%41&amp;f=1', '/connz', 'e=A'],
    ['/', '/', ''],
  ])('%s', (url, path, query) => {
    const target = readTarget(url);
    expect([target?.path, target?.query.toString(), target?.redirect]).toEqual([path, query, undefined]);
  });

  it.each([
    ['//varz?a=1', '/varz?a=1'],
    ['/./varz', '/varz'],
    ['/a/../../varz', '/varz'],
    ['/%2e%2e/varz', '/varz'],
    // Never another host.
    ['//evil.example/varz', '/evil.example/varz'],
    ['/./\r\nX: y', '/%0D%0AX:%20y'],
  ])('%s is sent to %s', (url, redirect) => expect(readTarget(url)?.redirect).toBe(redirect));

  it.each(['%zz', '/%zz', '*', 'varz'])('%s is no path', (url) => expect(readTarget(url)).toBeUndefined());
});
