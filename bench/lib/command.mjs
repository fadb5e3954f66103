/** Runs the built nats-bench for the scripts of this folder, and keeps dated results. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';

/** This broker, as `--spawn` takes it. */
export const OURS = `${process.execPath} ${join(root, 'dist/cli/nats-turbo.js')} -a 127.0.0.1 -p {port}`;

/** nats-server: NATS_SERVER, or the one on the PATH. */
export function referenceServer() {
  if (process.env.NATS_SERVER) return process.env.NATS_SERVER;
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder && existsSync(file)) return file;
  }
  return undefined;
}

/**
 * Runs nats-bench; resolves to its exit code, its table and its results. The user watches unless `show` is false.
 */
export async function natsBench(args, { show = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bench-'));
  const json = join(folder, 'out.json');
  try {
    const child = spawn(process.execPath, [join(root, 'dist/cli/nats-bench.js'), ...args, '--json', json], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NATS_BENCH_COMMIT: commit(), NO_COLOR: '1', COLUMNS: '120' },
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (show) process.stdout.write(chunk);
    });
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    return { code, text, file: existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : undefined };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes `bench/results/DATE-NAME.md` and `.json`; returns the path of the former. */
export function keep(name, { title, file, text, remarks = [] }) {
  const { meta } = file;
  const base = join(root, 'bench/results', `${meta.date.slice(0, 10)}-${name}`);
  const { machine } = meta;
  const servers = [...new Set(file.runs.map(({ server }) => `${server.label} on ${server.runtime}`))];
  // Home folders and their like are nobody's business.
  const command = meta.command
    .replaceAll(root, '.')
    .replace(/[^\s']*\/(node|nats-server)(?=[\s'])/g, '$1')
    .replace(/ --json \S+$/, '');
  const head = [
    `# ${title}, ${meta.date.slice(0, 10)}`,
    '',
    `- tool: ${meta.tool}, commit ${meta.commit ?? 'unknown'}`,
    ...servers.map((server) => `- server: ${server}`),
    `- machine: ${machine.cpus} x ${machine.cpuModel}, ${Math.round(machine.memoryBytes / 1024 ** 3)} GiB, ${machine.system}, Node ${machine.node}`,
    `- command: \`${command}\``,
    ...remarks.map((remark) => `- ${remark}`),
  ];
  writeFileSync(`${base}.md`, `${head.join('\n')}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n`);
  writeFileSync(`${base}.json`, `${JSON.stringify(slim(file, command))}\n`);
  return `${base}.md`;
}

/** Histograms and timelines are for looking at now; figures are for keeping. */
function slim(file, command) {
  const runs = file.runs.map(({ histogram: _histogram, timeline: _timeline, clients: _clients, ...run }) => run);
  return { ...file, meta: { ...file.meta, command }, runs };
}

function commit() {
  try {
    const hash = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
    const dirty = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], {
      cwd: root,
      encoding: 'utf8',
    });
    return dirty.trim() === '' ? hash : `${hash} and changes`;
  } catch {
    return '';
  }
}
