/** Gathers the licence texts of what is bundled or compiled in; they travel with the packages. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson, root } from './root.mjs';

/** For the JavaScript packages among the inputs of a bundle. */
export function packageNotices(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    if (found) folders.add(found[0]);
  }
  return notices(
    [...folders].map((folder) => {
      const { name, version, license } = readJson(join(folder, 'package.json'));
      return { name, version, license, folder: join(root, folder) };
    }),
  );
}

/** For the crates that the addon is made of. */
export function crateNotices(target) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', target];
  const text = execFileSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const { packages, resolve } = JSON.parse(text);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const wanted = new Set();
  const visit = (id) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(packages.find(({ name }) => name === 'nt-napi').id);
  return notices(
    packages
      .filter(({ id, source }) => wanted.has(id) && source !== null)
      .map(({ name, version, license, manifest_path: manifest }) => ({
        name,
        version,
        license,
        folder: dirname(manifest),
      })),
  );
}

function notices(packages) {
  const sorted = packages.sort((a, b) => a.name.localeCompare(b.name));
  const parts = sorted.map(({ name, version, license, folder }) => {
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file) && !file.endsWith('.js'))
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`# ${name} ${version}: ${license}`, ...texts].join('\n\n');
  });
  return `${parts.join('\n\n\n')}\n`;
}
