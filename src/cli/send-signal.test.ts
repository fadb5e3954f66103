import { describe, expect, it } from 'vitest';
import { type SignalDeps, SignalError, sendSignal } from './send-signal.js';

function setUp(
  options: { running?: number[]; files?: Record<string, string>; noSearch?: boolean; dead?: number[] } = {},
) {
  const sent: string[] = [];
  const deps: SignalDeps = {
    kill(pid, signal) {
      if (options.dead?.includes(pid)) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
      sent.push(`${pid} ${signal}`);
    },
    findProcesses() {
      if (options.noSearch) throw new Error('no such tool');
      return (options.running ?? []).map((pid) => `${pid}\n`).join('');
    },
    readFile: (path) => options.files?.[path],
    ownPid: 1,
  };
  return {
    sent,
    send(expression: string) {
      const [command = '', target] = expression.split('=');
      sendSignal(command, target, deps);
    },
  };
}

describe('sendSignal', () => {
  it.each([
    ['stop', 'SIGKILL'],
    ['quit', 'SIGINT'],
    ['term', 'SIGTERM'],
    ['reopen', 'SIGUSR1'],
    ['reload', 'SIGHUP'],
    ['ldm', 'SIGUSR2'],
  ])('%s is %s', (command, signal) => {
    const { sent, send } = setUp();
    send(`${command}=123`);
    expect(sent).toEqual([`123 ${signal}`]);
  });

  it('finds the only one that runs, not itself', () => {
    const { sent, send } = setUp({ running: [1, 77] });
    send('quit');
    expect(sent).toEqual(['77 SIGINT']);
  });

  it('reads the process id from a file', () => {
    const { sent, send } = setUp({ files: { '/run/x.pid': '55\n', '/run/bad.pid': 'abc' } });
    send('ldm=/run/x.pid');
    expect(sent).toEqual(['55 SIGUSR2']);
    expect(() => send('ldm=/run/bad.pid')).toThrow('invalid pid: abc');
  });

  it('reaches all that match a pattern', () => {
    const { sent, send } = setUp({ running: [121, 122, 33] });
    send('reload=12*');
    expect(sent).toEqual(['121 SIGHUP', '122 SIGHUP']);
    send('quit=*');
    expect(sent.slice(2)).toEqual(['121 SIGINT', '122 SIGINT', '33 SIGINT']);
  });

  it.each([
    ['stop=abc', {}, 'invalid pid: abc'],
    ['stop=0', {}, 'invalid pid: 0'],
    ['stop=-1', {}, 'invalid pid: -1'],
    ['quit=-77*', { running: [77] }, 'invalid pid: -77'],
    ['stop', {}, 'no nats-turbo processes running'],
    ['stop', { running: [5, 6] }, 'multiple nats-turbo processes running:\n5\n6'],
    ['bogus', { running: [5, 6] }, 'multiple nats-turbo processes running:\n5\n6'],
    ['bogus=5', {}, 'unknown signal "bogus"'],
    ['stop', { noSearch: true }, 'unable to resolve pid, try providing one'],
    ['reload=999', { dead: [999] }, '\nsignal "reload" 999: no such process'],
  ])('refuses %s', (expression, options, message) => {
    const { sent, send } = setUp(options);
    expect(() => send(expression)).toThrow(new SignalError(message));
    expect(sent).toEqual([]);
  });
});
