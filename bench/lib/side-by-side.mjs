/** This broker and, where there is one, nats-server, with the same configuration. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { referenceServer } from './command.mjs';

/** Calls `work` with the command of each server, by its name. The file is removed afterwards. */
export async function sideBySide(config, work) {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bench-'));
  const file = join(folder, 'server.conf');
  writeFileSync(file, config);
  const reference = referenceServer();
  const servers = { 'nats-turbo': [process.execPath, join(root, 'dist/cli/nats-turbo.js'), '-c', file] };
  if (reference) servers['nats-server'] = [reference, '-c', file];
  try {
    await work(servers);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
