import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { CancelledError, InputError, readSecrets, type SecretSource } from './secret-input.js';
import { piped, typed } from './testing/secret-source.js';

describe('from a pipe', () => {
  test.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['a secret \n\n', 'a secret \n'],
    ['\u{feff}pässword\n', 'pässword'],
    ['', ''],
  ])('%j is read without its last line end', async (text, secret) => {
    const source = piped(text);
    expect(await readSecrets(['Password: '], source)).toEqual([secret]);
    expect(source.prompted).toBe('');
  });

  test('the parts of a character may come apart', async () => {
    const bytes = Buffer.from('ü');
    const input = new PassThrough();
    input.write(bytes.subarray(0, 1));
    setImmediate(() => input.end(bytes.subarray(1)));
    expect(await readSecrets(['Password: '], { input, prompt: () => {} })).toEqual(['ü']);
  });

  test('what is no text, or has no end, is refused', async () => {
    await expect(readSecrets([], piped(Buffer.of(0xff, 0xfe)))).rejects.toThrow(InputError);
    const endless = new PassThrough();
    const source: SecretSource = { input: endless, prompt: () => {} };
    endless.write(Buffer.alloc(65 * 1024, 'x'));
    await expect(readSecrets([], source)).rejects.toThrow('more than 65536 bytes');
  });
});

describe('from a terminal', () => {
  test('each prompt is answered with one line, and nothing is echoed', async () => {
    const source = typed('secret\rother\r');
    expect(await readSecrets(['Password: ', 'Again: '], source)).toEqual(['secret', 'other']);
    expect(source.prompted).toBe('Password: \nAgain: \n');
  });

  test('nothing is asked before the terminal has stopped to echo, which it does again afterwards', async () => {
    const source = typed('secret\r');
    await readSecrets(['Password: '], source);
    expect(source.events).toEqual(['raw', 'prompt', 'prompt', 'cooked']);
  });

  test('lines can be edited', async () => {
    expect(await readSecrets(['Password: '], typed('wrong\u0015secrets\u007f\r'))).toEqual(['secret']);
  });

  test('only as many lines of a pasted text count as were asked for', async () => {
    expect(await readSecrets(['Password: '], typed('one\rtwo\rthree\r'))).toEqual(['one']);
  });

  test.each([
    ['Ctrl-C', 'sec\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s cancels', async (_name, keys) => {
    const source = typed(keys);
    await expect(readSecrets(['Password: ', 'Again: '], source)).rejects.toThrow(CancelledError);
    expect(source.events.at(-1)).toBe('cooked');
  });
});
