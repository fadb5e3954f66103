/**
 * `npm run fuzz:short`: every fuzz target for a short while (`-- SECONDS`, default 60 each), two at a time.
 *
 * The targets are the binaries of native/fuzz, whose workspace needs a compiler feature that is unlocked for it alone,
 * and the programs in test/fuzz, which take the seconds as their argument. Says how many executions each had.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './lib/root.mjs';
import { main, run, say } from './lib/run.mjs';
import { closingLine, newTally } from './lib/tally.mjs';

const seconds = Number(process.argv[2] ?? 60);
const rustFolder = join(root, 'native/fuzz');
const scratch = mkdtempSync(join(tmpdir(), 'nats-turbo-fuzz-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

await main(async () => {
  const rust = names('native/fuzz/fuzz_targets', '.rs');
  await cargoFuzz(['build']);
  const targets = [
    ...rust.map((name) => ({ name, fuzz: fuzzRust })),
    ...names('test/fuzz', '.ts').map((name) => ({ name, fuzz: fuzzTypeScript })),
  ];
  const tally = newTally();
  await Promise.all([work(targets, tally), work(targets, tally)]);
  console.log(closingLine(tally));
  if (tally.failed > 0) process.exitCode = 1;
});

/** Takes targets until none is left. */
async function work(targets, tally) {
  for (let target = targets.shift(); target; target = targets.shift()) {
    say(`fuzzing ${target.name} for ${seconds} s`);
    try {
      await target.fuzz(target.name);
      tally.passed += 1;
    } catch (error) {
      say(error.message);
      tally.failed += 1;
    }
  }
}

async function fuzzRust(name) {
  const corpus = join(rustFolder, 'corpus', name);
  mkdirSync(corpus, { recursive: true });
  const limits = [`-max_total_time=${seconds}`, '-max_len=4096', '-print_final_stats=1', '-verbosity=0'];
  await cargoFuzz(['run', name, corpus, '--', `-dict=${join(rustFolder, `${name}.dict`)}`, ...limits]);
}

function cargoFuzz([command, ...args]) {
  const [target, ...rest] = args;
  const fixed = [command, '--fuzz-dir', rustFolder, ...(target ? [target] : [])];
  return run('cargo', ['fuzz', ...fixed, ...rest], { env: { RUSTC_BOOTSTRAP: '1' }, hint: 'install Rust with rustup' });
}

async function fuzzTypeScript(name) {
  const outfile = join(scratch, `${basename(name)}.mjs`);
  await build({
    entryPoints: [join(root, 'test/fuzz', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  await run(process.execPath, [outfile, String(seconds)]);
}

function names(folder, ending) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending) && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -ending.length));
}
