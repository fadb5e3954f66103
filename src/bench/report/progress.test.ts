import { describe, expect, it } from 'vitest';
import type { LoadPhase, LoadProgress } from '../../native/load-contract.js';
import { width } from './ansi.js';
import { progressBar, progressLine } from './progress.js';

const look = (phase: LoadPhase, more: Partial<LoadProgress> = {}): LoadProgress => ({
  ...{ phase, connected: 2, published: 500_000, delivered: 499_000, target: 2_000_000, elapsedMs: 100 },
  ...more,
});

function tape(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('is silent where nobody watches', () => {
    for (const [stream, env] of [
      [tape(false), {}],
      [tape(true), { TERM: 'dumb' }],
    ] as const) {
      const bar = progressBar(stream, {}, env);
      bar.update(look('measuring'));
      bar.end();
      expect(stream.written).toEqual([]);
    }
  });

  it('redraws a phase in place, gives the next its own line and leaves the cursor as it was', () => {
    const stream = tape(true);
    const bar = progressBar(stream, { title: 'pubsub' }, { NO_COLOR: '1' });
    bar.update(look('connecting'));
    bar.update(look('measuring'));
    bar.update(look('measuring', { published: 1_000_000, elapsedMs: 200 }));
    bar.end();
    bar.end();
    const text = stream.written.join('');
    expect(text.match(/\n/g)).toHaveLength(2);
    expect(text.split('\r\x1b[2K')).toHaveLength(3);
    expect(text.indexOf('\x1b[?25l')).toBe(0);
    expect(text.endsWith('\n\x1b[?25h')).toBe(true);
  });

  it('shows rates and the time left', () => {
    const line = progressLine(look('measuring'), { columns: 100, color: false });
    expect(line).toContain('5.00 M/s out');
    expect(line).toContain('4.99 M/s in');
    expect(line).toContain('300 ms left');
    expect(line).toMatch(/━{8}─{24}/);
  });

  it('counts by time where time ends the run', () => {
    const options = { columns: 100, color: false, measureMs: 1000 };
    expect(progressLine(look('measuring', { target: 0, elapsedMs: 250 }), options)).toContain('750 ms left');
    expect(progressLine(look('measuring', { target: 0 }), { columns: 100, color: false })).not.toContain('left');
  });

  it('fits the terminal', () => {
    const title = 'a very long title of a run that nobody can read on a narrow terminal';
    for (const columns of [40, 60, 80, 200]) {
      for (const phase of ['connecting', 'subscribing', 'warming up', 'measuring', 'draining', 'done'] as const) {
        const line = progressLine(look(phase), { columns, color: true, title, connections: 10 });
        expect(width(line)).toBeLessThan(columns);
      }
    }
  });
});
