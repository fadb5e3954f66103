/**
 * `npm run fuzz:short`: every fuzz target for a short while (`-- SECONDS` or FUZZ_SECONDS, default 60 each), two at a
 * time, and how many executions each had. Fails on the first input that breaks something, and keeps it.
 *
 * The targets are the binaries of native/fuzz, which a stable compiler builds with coverage flags of their own, and the
 * programs in test/fuzz, which take the seconds as their argument. Where a compiler is missing, its targets are skipped
 * with a word; NATS_TURBO_REQUIRE_TOOLS=1 makes that a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { root } from './lib/root.mjs';
import { main, run, StepFailed, say } from './lib/run.mjs';
import { closingLine, newTally } from './lib/tally.mjs';

const seconds = Number(process.argv[2] ?? process.env.FUZZ_SECONDS ?? 60);
const mustRun = process.env.NATS_TURBO_REQUIRE_TOOLS === '1';
const rustFolder = join(root, 'native/fuzz');
const scratch = mkdtempSync(join(tmpdir(), 'nats-turbo-fuzz-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** What cargo-fuzz passes too, except the sanitizer: there is no unsafe code below these targets. */
const COVERAGE = [
  '--cfg=fuzzing',
  '-Ccodegen-units=1',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
];

await main(async () => {
  if (!(seconds > 0)) throw new StepFailed(`${process.argv[2] ?? process.env.FUZZ_SECONDS} is no number of seconds`);
  const tally = newTally();
  const targets = [
    ...(await rustTargets(tally)),
    ...names('test/fuzz', '.ts').map((name) => ({ name, fuzz: () => fuzzTypeScript(name) })),
  ];
  await Promise.all([work(targets, tally), work(targets, tally)]);
  console.log(closingLine(tally));
  if (tally.failed > 0) process.exitCode = 1;
});

/** Takes targets until none is left. */
async function work(targets, tally) {
  for (let target = targets.shift(); target; target = targets.shift()) {
    say(`fuzzing ${target.name} for ${seconds} s`);
    try {
      await target.fuzz();
      tally.passed += 1;
    } catch (error) {
      say(`${target.name}: ${error.message}`);
      tally.failed += 1;
    }
  }
}

/** Builds the Rust targets; none, and a word why, where they can't be built. */
async function rustTargets(tally) {
  const targets = names('native/fuzz/fuzz_targets', '.rs');
  const needs = missingTool();
  if (needs) {
    for (const name of targets) console.log(`${name}: skipped: needs ${needs}`);
    tally[mustRun ? 'failed' : 'skipped'] += targets.length;
    return [];
  }
  const host = spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout.match(/^host: (.+)$/m)?.[1];
  const output = process.env.CARGO_TARGET_DIR ?? join(rustFolder, 'target');
  const manifest = join(rustFolder, 'Cargo.toml');
  // With a target named, the flags stay away from build scripts and macros.
  const args = ['build', '--release', '--manifest-path', manifest, '--target', host, '--target-dir', output];
  await run('cargo', args, { env: { CARGO_ENCODED_RUSTFLAGS: COVERAGE.join('\x1f') } });
  return targets.map((name) => ({ name, fuzz: () => fuzzRust(name, join(output, host, 'release', name)) }));
}

function missingTool() {
  if (process.platform === 'win32') return 'Linux or macOS';
  const works = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  if (!works('cargo') || !works('rustc')) return 'a Rust toolchain (rustup with the stable channel)';
  if (![process.env.CXX, 'c++', 'g++', 'clang++'].some((one) => one && works(one))) return 'a C++ compiler';
  return undefined;
}

async function fuzzRust(name, binary) {
  const corpus = join(rustFolder, 'corpus', name);
  const found = join(rustFolder, 'artifacts', name);
  for (const folder of [corpus, found]) mkdirSync(folder, { recursive: true });
  const dictionary = join(rustFolder, `${name}.dict`);
  const args = [corpus, `-max_total_time=${seconds}`, '-max_len=4096', '-timeout=10', '-print_final_stats=1'];
  if (existsSync(dictionary)) args.push(`-dict=${dictionary}`);
  const { code, text } = await listen(binary, [...args, `-artifact_prefix=${found}/`]);
  const executions = text.match(/number_of_executed_units:\s*(\d+)/)?.[1] ?? 'unknown';
  console.log(`${name}: ${executions} executions in ${seconds} s`);
  if (code === 0) return;
  process.stderr.write(text.split('\n').slice(-60).join('\n'));
  const input = text.match(/Test unit written to (\S+)/)?.[1];
  const again = input ? `; try it again with ${binary} ${relative(process.cwd(), input)}` : '';
  throw new StepFailed(`ended with ${code}${again}`);
}

/** Runs a fuzzer and keeps the end of what it says. */
function listen(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      text = (text + chunk).slice(-100_000);
    });
    child.on('error', (error) => reject(new StepFailed(`${command}: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code: signal ?? code, text }));
  });
}

async function fuzzTypeScript(name) {
  const { build } = await import('esbuild');
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
