import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { NotReloadableError } from '../broker/errors.js';
import type { Broker } from '../broker/index.js';
import type { LogEntry } from '../log/index.js';
import { handleSignals } from './signals.js';

interface Behaviour {
  isLameDuck?: boolean;
  graceMs?: number;
  reopen?: () => boolean;
  reload?: () => Promise<void>;
  shutdown?: () => Promise<void>;
  exited?: () => void;
}

function setUp(options: Behaviour = {}) {
  const source = new EventEmitter();
  const did: string[] = [];
  const broker = {
    isLameDuck: options.isLameDuck ?? false,
    options: { shutdownGraceMs: options.graceMs ?? 0 } as Broker['options'],
    stop: async () => void did.push('stop'),
    shutdown: options.shutdown ?? (async () => void did.push('shutdown')),
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
  const exit = (code: number) => {
    did.push(`exit ${code}`);
    options.exited?.();
  };
  handleSignals({
    broker: started,
    logger,
    exit,
    reloaded: () => void did.push('reloaded'),
    source: source as unknown as NodeJS.Process,
  });
  const send = async (signal: string) => {
    source.emit(signal);
    await new Promise(setImmediate);
  };
  return { did, send, start };
}

describe('handleSignals', () => {
  it.each([
    ['SIGINT', ['INF Trapped "interrupt" signal', 'stop', 'exit 0']],
    ['SIGTERM', ['INF Trapped "terminated" signal', 'shutdown', 'exit 0']],
    ['SIGUSR2', ['INF Trapped "user defined signal 2" signal', 'lameDuck', 'exit 0']],
    ['SIGUSR1', ['INF Trapped "user defined signal 1" signal', 'INF File log re-opened']],
    ['SIGHUP', ['INF Trapped "hangup" signal', 'reload', 'reloaded']],
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
    expect(did.slice(1)).toEqual(['shutdown', 'exit 0']);
  });

  it('exits when the time of the shutdown is over, whatever still hangs', async () => {
    const did = await new Promise<string[]>((resolve) => {
      const world = setUp({ graceMs: 1, shutdown: () => new Promise(() => {}), exited: () => resolve(world.did) });
      world.start();
      void world.send('SIGTERM');
    });
    const over = 'ERR The shutdown_grace is over before everything is closed, exiting';
    expect(did).toEqual(['INF Trapped "terminated" signal', over, 'exit 0']);
  });

  it('says why a reload failed, in the words of the log', async () => {
    const { did, send, start } = setUp({ reload: () => Promise.reject(new NotReloadableError('Port', '1', '2')) });
    start();
    await send('SIGHUP');
    const text = 'config reload not supported for Port: old=1, new=2';
    expect(did.slice(1)).toEqual([`ERR Failed to reload server configuration: ${text}`, 'reloaded']);
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
