import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { NotReloadableError } from '../broker/errors.js';
import type { LogEntry } from '../log/index.js';
import { handleSignals } from './signals.js';

function setUp(options: { isLameDuck?: boolean; reopen?: () => boolean; reload?: () => Promise<void> } = {}) {
  const source = new EventEmitter();
  const did: string[] = [];
  const broker = {
    isLameDuck: options.isLameDuck ?? false,
    stop: async () => void did.push('stop'),
    lameDuck: async () => void did.push('lameDuck'),
    reload: options.reload ?? (async () => void did.push('reload')),
  };
  const logger = {
    write: ({ level, text }: LogEntry) => void did.push(`${level} ${text}`),
    reopen: options.reopen ?? (() => true),
  };
  let start: () => void = () => {};
  const started = new Promise<typeof broker>((resolve) => {
    start = () => resolve(broker);
  });
  const exit = (code: number) => void did.push(`exit ${code}`);
  handleSignals({ broker: started, logger, exit, source: source as unknown as NodeJS.Process });
  const send = async (signal: string) => {
    source.emit(signal);
    await new Promise(setImmediate);
  };
  return { did, send, start };
}

describe('handleSignals', () => {
  it.each([
    ['SIGINT', ['INF Trapped "interrupt" signal', 'stop', 'exit 0']],
    ['SIGTERM', ['INF Trapped "terminated" signal', 'stop', 'exit 0']],
    ['SIGUSR2', ['INF Trapped "user defined signal 2" signal', 'lameDuck', 'exit 0']],
    ['SIGUSR1', ['INF Trapped "user defined signal 1" signal', 'INF File log re-opened']],
    ['SIGHUP', ['INF Trapped "hangup" signal', 'reload']],
  ])('acts on %s', async (signal, expected) => {
    const { did, send, start } = setUp();
    start();
    await send(signal);
    expect(did).toEqual(expected);
  });

  it('lets a broker on its way out finish on SIGTERM, not on SIGINT', async () => {
    const { did, send, start } = setUp({ isLameDuck: true });
    start();
    await send('SIGTERM');
    expect(did).toEqual(['INF Trapped "terminated" signal']);
    await send('SIGINT');
    expect(did.slice(1)).toEqual(['INF Trapped "interrupt" signal', 'stop', 'exit 0']);
  });

  it('obeys a signal of the start once the broker runs', async () => {
    const { did, send, start } = setUp();
    await send('SIGTERM');
    expect(did).toEqual(['INF Trapped "terminated" signal']);
    start();
    await new Promise(setImmediate);
    expect(did.slice(1)).toEqual(['stop', 'exit 0']);
  });

  it('says why a reload failed, in the words of the log', async () => {
    const { did, send, start } = setUp({ reload: () => Promise.reject(new NotReloadableError('Port', '1', '2')) });
    start();
    await send('SIGHUP');
    const text = 'config reload not supported for Port: old=1, new=2';
    expect(did.slice(1)).toEqual([`ERR Failed to reload server configuration: ${text}`]);
  });

  it('says when there is no log file to re-open, or it does not open', async () => {
    const none = setUp({ reopen: () => false });
    none.start();
    await none.send('SIGUSR1');
    expect(none.did.at(-1)).toBe('INF File log re-open ignored, not a file logger');
    const broken = setUp({
      reopen: () => {
        throw new Error('no such file');
      },
    });
    broken.start();
    await broken.send('SIGUSR1');
    expect(broken.did.at(-1)).toBe('ERR File log not re-opened, going on with the old file: no such file');
  });
});
