/**
 * The profiling listener: serves profiles of this process under the paths that `go tool pprof` asks for. Loaded only when
 * configured.
 *
 * Any client of it can slow the process down and see how its memory is used, so it should listen on loopback only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { redactArgs } from '../config/index.js';
import { expvarz } from '../http/expvarz.js';
import { boundPort, close, listen } from '../http/listener.js';
import { readTarget } from '../http/target.js';
import { cpuProfile, ProfilerBusyError } from './cpu.js';
import { acquireHeapSampling, heapProfile, releaseHeapSampling } from './heap.js';

const PATH = '/debug/pprof/';
const SECONDS_DEFAULT = 30;
const SECONDS_MAX = 600;
const REQUEST_TIMEOUT_MS = 5000;
const CLIENTS_MAX = 16;
const TEXT = 'text/plain; charset=utf-8';

const INDEX = `<html>
<head><title>${PATH}</title></head>
<body>
<p>Profiles of this process, for <code>go tool pprof</code> and other readers of its format:</p>
<ul>
<li><a href="profile">profile</a>: processor time within <code>?seconds=30</code>: calls of the main thread; each other
thread as a whole</li>
<li><a href="heap">heap</a>: memory in use, by who asked for it in JavaScript, the rest in one; <code>?gc=1</code>
collects garbage first</li>
<li><a href="cmdline">cmdline</a>: the command line</li>
</ul>
</body>
</html>
`;

export class ProfileServer {
  readonly #server: Server;
  readonly #closing = new AbortController();

  /** Port 0 is any free one. Rejects with the system's error when it can't listen. */
  static async listen(host: string, port: number): Promise<ProfileServer> {
    const profiler = new ProfileServer();
    await acquireHeapSampling();
    try {
      await listen(profiler.#server, port, host);
    } catch (error) {
      releaseHeapSampling();
      throw error;
    }
    return profiler;
  }

  private constructor() {
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = CLIENTS_MAX;
  }

  get port(): number {
    return boundPort(this.#server);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await close(this.#server);
    releaseHeapSampling();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const target = readTarget(request.url ?? '/');
    const name = target?.path.startsWith(PATH) ? target.path.slice(PATH.length) : undefined;
    const query = target?.query ?? new URLSearchParams();
    try {
      if (name === '') send(response, 200, 'text/html; charset=utf-8', INDEX);
      else if (name === 'cmdline') send(response, 200, TEXT, redactArgs(process.argv).join('\0'));
      else if (name === 'heap') sendFile(response, name, await heapProfile(Number(query.get('gc')) > 0));
      else if (name === 'profile') await this.#profile(query, response);
      else if (target?.path === '/debug/vars') send(response, 200, expvarz().type, String(expvarz().body));
      else send(response, 404, TEXT, '404 page not found\n');
    } catch (error) {
      const text = `Could not take the profile: ${(error as Error).message}\n`;
      if (!response.destroyed) send(response, error instanceof ProfilerBusyError ? 503 : 500, TEXT, text);
    }
  }

  async #profile(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const asked = Number(query.get('seconds'));
    const seconds = asked > 0 ? asked : SECONDS_DEFAULT;
    if (seconds > SECONDS_MAX) return send(response, 400, TEXT, `seconds may be ${SECONDS_MAX} at most\n`);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    sendFile(response, 'profile', await cpuProfile(seconds, signal));
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function sendFile(response: ServerResponse, name: string, body: Buffer): void {
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${name}"`,
    'Content-Length': body.length,
  });
  response.end(body);
}
