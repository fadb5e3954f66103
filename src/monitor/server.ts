/**
 * The monitoring listener: one HTTP server, a table from path to endpoint, nothing else. Loaded only when configured.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenError } from '../broker/errors.js';
import type { ResolvedHttp } from '../config/index.js';
import { nowMs } from '../log/clock.js';
import { connz } from './connz.js';
import { CpuSampler } from './cpu.js';
import { goJson } from './go-format.js';
import { indexPage } from './index-page.js';
import { BadParameterError } from './params.js';
import type { MonitorContext, MonitorSource } from './source.js';
import { varz } from './varz.js';

type Endpoint = (context: MonitorContext, query: URLSearchParams) => object;

const ENDPOINTS = new Map<string, Endpoint>([
  ['/varz', varz],
  ['/connz', connz],
]);

const HEADERS_TIMEOUT_MS = 5000;

export class MonitorServer {
  readonly #server: Server;
  readonly #source: () => MonitorSource;
  readonly #http: ResolvedHttp;
  readonly #requests = new Map<string, number>();
  readonly #cpu = new CpuSampler();

  /** Listens; throws a `BrokerError` when it can't. `source` is asked at each request. */
  static async listen(http: ResolvedHttp, source: () => MonitorSource): Promise<MonitorServer> {
    const monitor = new MonitorServer(http, source);
    try {
      await monitor.#listen();
    } catch (error) {
      monitor.#cpu.stop();
      throw listenError(error, { what: 'monitoring port', host: http.host, port: http.port });
    }
    return monitor;
  }

  private constructor(http: ResolvedHttp, source: () => MonitorSource) {
    this.#http = http;
    this.#source = source;
    this.#server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) =>
      this.#answer(request, response),
    );
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#cpu.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#http.port, this.#http.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [path, query] = splitTarget(request.url ?? '/');
    const { basePath } = this.#http;
    if (path === (basePath || '/')) {
      this.#count('/');
      send(response, 200, 'text/html; charset=utf-8', indexPage());
      return;
    }
    const name = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : '';
    const endpoint = ENDPOINTS.get(name);
    if (!endpoint) {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      send(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
      return;
    }
    this.#count(name);
    this.#answerJson(response, endpoint, query);
  }

  #answerJson(response: ServerResponse, endpoint: Endpoint, query: URLSearchParams): void {
    try {
      const body = goJson(endpoint(this.#context(), query));
      response.setHeader('Access-Control-Allow-Origin', '*');
      send(response, 200, 'application/json', body);
    } catch (error) {
      const status = error instanceof BadParameterError ? 400 : 500;
      send(response, status, 'text/plain; charset=utf-8', (error as Error).message);
    }
  }

  #context(): MonitorContext {
    const { host, basePath } = this.#http;
    return {
      source: this.#source(),
      http: { host, port: this.port, basePath },
      requests: this.#requests,
      cpuPercent: () => this.#cpu.percent,
      nowMs,
    };
  }

  #count(path: string): void {
    this.#requests.set(path, (this.#requests.get(path) ?? 0) + 1);
  }
}

function splitTarget(target: string): [path: string, query: URLSearchParams] {
  const at = target.indexOf('?');
  return at < 0 ? [target, new URLSearchParams()] : [target.slice(0, at), new URLSearchParams(target.slice(at + 1))];
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
