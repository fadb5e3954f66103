/**
 * `npm run bench:micro [-- FILTER...] [--seconds N] [--keep] [--smoke]`: the micro benchmarks of bench/micro. Builds an
 * addon that has their calls into dist/micro/, beside the one that is shipped, and runs them with it.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { prepare } from './lib/prepare.mjs';
import { addonFile, ownPlatform, root } from './lib/root.mjs';
import { main, run } from './lib/run.mjs';
import { profile, toBenchMicro } from './lib/steps.mjs';

await main(async () => {
  await prepare(toBenchMicro);
  const program = join(root, 'dist/micro/main.mjs');
  await build({
    entryPoints: [join(root, 'bench/micro/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const addon = ['--addon', join(root, addonFile(ownPlatform(), 'dist/micro'))];
  const kept = ['--results', join(root, 'bench/results'), '--commit', commit(), '--profile', profile];
  const args = [program, ...addon, ...kept, ...process.argv.slice(2)];
  const { code } = await run(process.execPath, args, { capture: true, anyCode: true });
  process.exitCode = code;
});

function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'native', 'bench/micro') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' and changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
