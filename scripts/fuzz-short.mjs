/**
 * `npm run fuzz:short`: every fuzz target for a short while (`-- SECONDS`, default 60 each). The targets are the
 * binaries of native/fuzz, a workspace of its own; a compiler feature they need is unlocked for them alone.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/root.mjs';
import { main, run, say } from './lib/run.mjs';

const seconds = Number(process.argv[2] ?? 60);
const folder = join(root, 'native/fuzz');

await main(async () => {
  if (!existsSync(join(folder, 'Cargo.toml'))) {
    say('there are no fuzz targets');
    return;
  }
  const targets = readdirSync(join(folder, 'fuzz_targets'))
    .filter((name) => name.endsWith('.rs'))
    .map((name) => name.slice(0, -'.rs'.length));
  const env = { RUSTC_BOOTSTRAP: '1' };
  for (const target of targets) {
    say(`fuzzing ${target} for ${seconds} s`);
    const corpus = join(folder, 'corpus', target);
    mkdirSync(corpus, { recursive: true });
    await run('cargo', ['fuzz', 'run', '--fuzz-dir', folder, target, corpus, '--', `-max_total_time=${seconds}`], {
      env,
      hint: 'install Rust with rustup',
    });
  }
});
