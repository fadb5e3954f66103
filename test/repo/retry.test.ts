/** What a run does with tests that fail: each runs once more, alone, and those that pass then are named. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript
import { flakyAmong, flakyLines, judge } from '../../scripts/lib/retry.mjs';

const root = resolve(import.meta.dirname, '../..');

interface Failure {
  name: string;
}

function failures(count: number): Failure[] {
  return Array.from({ length: count }, (_, n) => ({ name: `test ${n}` }));
}

describe('failed tests', () => {
  it('are flaky when they pass alone', async () => {
    const tried: string[] = [];
    const passesAlone = async ({ name }: Failure) => {
      tried.push(name);
      return name !== 'test 1';
    };
    expect(await flakyAmong(failures(3), passesAlone)).toEqual(['test 0', 'test 2']);
    expect(tried).toEqual(['test 0', 'test 1', 'test 2']);
  });

  it('run one at a time', async () => {
    let running = 0;
    const passesAlone = async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise(setImmediate);
      running -= 1;
      return true;
    };
    expect(await flakyAmong(failures(2), passesAlone)).toHaveLength(2);
  });

  it('stay failed, untried, where they are too many for chance', async () => {
    const passesAlone = () => Promise.reject(new Error('tried'));
    expect(await flakyAmong(failures(11), passesAlone)).toEqual([]);
  });
});

describe('flaky tests', () => {
  const tally = { passed: 10, failed: 4, skipped: 1 };

  it('count as passed', () => {
    expect(judge(tally, ['a', 'b', 'c'])).toEqual({ passed: 13, failed: 1, skipped: 1 });
    expect(flakyLines(['a', 'b', 'c'])).toEqual(['flaky: a', 'flaky: b', 'flaky: c']);
  });

  it('fail the run where they are more than three', () => {
    expect(judge(tally, ['a', 'b', 'c', 'd'])).toEqual(tally);
    expect(flakyLines(['a', 'b', 'c', 'd']).at(-1)).toBe('flaky: these are more than 3, so they count as failed');
  });
});

describe('a suite with one test that passes the second time and one that never does', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nats-turbo-retry-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** In a process of its own, as the scripts do: what the suites print is not this run's. */
  function outcome(suite: string) {
    const script = `
      import { writeFileSync } from 'node:fs';
      const load = (name) => import(${JSON.stringify(pathToFileURL(`${root}/`).href)} + 'scripts/lib/' + name);
      const [{ flakyAmong, judge }, { vitestSuite }, { cargoSuite }] =
        await Promise.all(['retry.mjs', 'vitest-suite.mjs', 'cargo-suite.mjs'].map(load));
      const folder = ${JSON.stringify(folder)};
      const suite = ${suite};
      const { tally, failures } = await suite.runAll();
      const flaky = await flakyAmong(failures, suite.passesAlone);
      writeFileSync(folder + '/outcome', JSON.stringify({ tally, flaky, judged: judge(tally, flaky) }));`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    return JSON.parse(readFileSync(join(folder, 'outcome'), 'utf8'));
  }

  it('of vitest', () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const test = `
      import { existsSync, writeFileSync } from 'node:fs';
      import { describe, expect, it } from 'vitest';
      function passesSecondTime(state) {
        const known = existsSync(state);
        writeFileSync(state, '');
        expect(known).toBe(true);
      }
      it('is sound', () => {});
      describe('with (special) characters?', () => {
        it.each(['a|b', 'c'])('is flaky: %s', (name) => passesSecondTime(name === 'c' ? 'first' : 'second'));
        it('is broken', () => expect(1).toBe(2));
      });`;
    writeFileSync(join(folder, 'made-up.test.mjs'), test);
    expect(outcome('vitestSuite({ cwd: folder })')).toEqual({
      tally: { passed: 1, failed: 3, skipped: 0 },
      flaky: [
        'made-up.test.mjs > with (special) characters? > is flaky: a|b',
        'made-up.test.mjs > with (special) characters? > is flaky: c',
      ],
      judged: { passed: 3, failed: 1, skipped: 0 },
    });
  }, 60_000);

  it('of vitest, where a hook fails', () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const test = `
      import { existsSync, writeFileSync } from 'node:fs';
      import { afterAll, it } from 'vitest';
      it('is sound', () => {});
      afterAll(() => {
        const known = existsSync('state');
        writeFileSync('state', '');
        if (!known) throw new Error('not yet');
      });`;
    writeFileSync(join(folder, 'made-up.test.mjs'), test);
    const { tally, flaky } = outcome('vitestSuite({ cwd: folder })');
    expect(tally).toMatchObject({ passed: 1, failed: 1 });
    expect(flaky).toEqual(['made-up.test.mjs']);
  }, 60_000);

  it('of cargo', () => {
    const manifest = '[package]\nname = "made-up"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n';
    const code = `
      #[test] fn sound() {}
      mod inner {
        #[test] fn flaky() {
          let known = std::fs::exists("state").unwrap();
          std::fs::write("state", "").unwrap();
          println!("failures:\\n\\n");
          assert!(known);
        }
        #[test] fn flaky_too_by_its_name() {}
        #[test] fn broken() { panic!("always") }
      }`;
    writeFileSync(join(folder, 'Cargo.toml'), manifest);
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/lib.rs'), code);
    expect(outcome('cargoSuite({ cwd: folder, packages: ["--lib", "--offline"] })')).toEqual({
      tally: { passed: 2, failed: 2, skipped: 0 },
      flaky: ['inner::flaky'],
      judged: { passed: 3, failed: 1, skipped: 0 },
    });
  }, 120_000);
});
