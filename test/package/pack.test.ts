/** The tarballs, installed without network and without Rust, give a command and a library that work. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingTool } from '../clients/support.js';
import { closeAllClients } from '../support/raw.js';
import { TestServer } from '../support/server.js';
import { execute, InstalledPackage, otherNodes, root } from './tools.js';

/** Starts a broker, speaks to it and ends by itself once it has stopped. */
const USE = `
async function use(Broker) {
  const { connect } = await import('node:net');
  const broker = await Broker.start({ port: 0, host: '127.0.0.1' });
  const socket = connect(Number(new URL(broker.url).port), '127.0.0.1');
  let text = '';
  for await (const chunk of socket) {
    if (text === '') socket.write('CONNECT {}\\r\\nPING\\r\\n');
    text += chunk;
    if (text.includes('PONG')) break;
  }
  await broker.stop();
  console.log('PONG from', process.versions.node);
}
`;

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await InstalledPackage.make();
  installed.write('use.mjs', `import { Broker } from 'nats-turbo';\n${USE}\nawait use(Broker);\n`);
  installed.write('use.cjs', `const { Broker } = require('nats-turbo');\n${USE}\nuse(Broker);\n`);
}, 600_000);
afterEach(closeAllClients);
// Four installed Nodes are many files.
afterAll(() => installed?.remove(), 180_000);

describe('on this Node', () => {
  it('runs by npx', async () => {
    const { stdout } = await installed.npm(['exec', '--offline', '--', 'nats-turbo', '-v']);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(stdout.trim()).toBe(`nats-server: v2.15.2 (nats-turbo ${version})`);
  });

  it('needs nothing that is not in its tarballs', async () => {
    const { stdout } = await installed.npm(['ls', '--all', '--parseable']);
    const names = stdout.match(/node_modules\/.*/g);
    expect(names?.map((name) => name.replace(/.*node_modules\//, '')).sort()).toEqual([
      expect.stringMatching(/^@nats-turbo\//),
      'nats-turbo',
    ]);
  });

  it('serves clients as a command', async () => {
    await serve([installed.bin]);
  });

  it('measures a broker with nats-bench by npx', async () => {
    const broker = `${process.execPath} node_modules/nats-turbo/dist/cli/nats-turbo.js -a 127.0.0.1 -p {port}`;
    const work = ['pubsub', '--msgs', '1000', '--size', '16', '--spawn', broker, '--json', '-'];
    const { stdout } = await installed.npm(['exec', '--offline', '--', 'nats-bench', ...work]);
    expect(JSON.parse(stdout).runs).toMatchObject([{ verb: 'pubsub', delivered: 1000, lost: 0, errors: 0 }]);
  });

  it.each(['use.mjs', 'use.cjs'])('serves clients as a library: %s', async (file) => {
    const { stdout } = await execute(process.execPath, [file], installed.project);
    expect(stdout).toBe(`PONG from ${process.versions.node}\n`);
  });
});

describe.each(otherNodes())('on Node %s', (version) => {
  let node: string | undefined;
  beforeAll(async () => {
    node = await installed.otherNode(version);
  }, 180_000);

  it('serves clients as a command', async (ctx) => {
    const program = node ?? missingTool(ctx, `Node ${version}`);
    await serve([program, join(installed.project, 'node_modules/nats-turbo/dist/cli/nats-turbo.js')]);
  });

  it.for(['use.mjs', 'use.cjs'])('serves clients as a library: %s', async (file, ctx) => {
    const program = node ?? missingTool(ctx, `Node ${version}`);
    const { stdout, stderr } = await execute(program, [file], installed.project);
    expect(stdout).toMatch(/^PONG from 2\d\./);
    expect(stderr).toBe('');
  });
});

describe('the declarations', () => {
  it.each([
    ['import', 'types.mts', "import { Broker, type BrokerOptions } from 'nats-turbo';"],
    [
      'require',
      'types.cts',
      "import nats = require('nats-turbo');\nimport Broker = nats.Broker;\ntype BrokerOptions = nats.BrokerOptions;",
    ],
  ])('serve consumers by %s', async (_how, name, head) => {
    const file = installed.write(
      name,
      `${head}
export async function start(options: BrokerOptions): Promise<string> {
  const broker: Broker = await Broker.start({ ...options, port: 0 });
  // @ts-expect-error: an option that does not exist
  await Broker.start({ prot: 0 });
  return broker.url;
}
`,
    );
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'node20',
      '--target',
      'es2023',
      '--lib',
      'es2023,esnext.disposable',
    ];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await execute(process.execPath, [tsc, ...options, ...types, file], installed.project);
  });
});

async function serve(command: string[]): Promise<void> {
  const server = await TestServer.start({}, command);
  try {
    const client = await server.open();
    await client.exchange('PING\r\n', 'PONG\r\n');
  } finally {
    await server.stop();
  }
}
