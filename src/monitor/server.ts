/**
 * The monitoring listener: an HTTP server that looks up the endpoint of a path, calls it and sends its answer. Loaded
 * only when configured.
 *
 * Clients are limited: in number, in the time a request and an answer may take, in the size of headers, and in the
 * requests of one connection. Bodies of requests are discarded.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ResolvedHttp } from '../config/index.js';
import { type Answer, text } from '../http/answer.js';
import { boundPort, close, listen } from '../http/listener.js';
import { readTarget } from '../http/target.js';
import { nowMs } from '../log/index.js';
import { CpuSampler } from './cpu.js';
import { ENDPOINTS, type Route } from './endpoints.js';
import { indexPage } from './index-page.js';
import { BadParameterError } from './params.js';
import type { MonitorContext, MonitorSource } from './source.js';

const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks those two. */
const TIMEOUT_CHECK_MS = 1000;
/** Longer than the usual scrape interval of a minute, so that scrapers keep their connection. */
const KEEP_ALIVE_MS = 75_000;
/** The connection is closed when the client has read nothing of an answer for this long. */
const IDLE_MS = 30_000;
/** The connection is closed when an answer takes longer than this in all. */
const ANSWER_MS = 120_000;
const CLIENTS_MAX = 512;
/** Requests per connection: a client that pipelines thousands would delay all others. */
const REQUESTS_MAX = 100;

export class MonitorServer {
  readonly #server: Server;
  readonly #source: () => MonitorSource;
  readonly #http: ResolvedHttp;
  readonly #requests = new Map<string, number>();
  readonly #cpu = new CpuSampler();

  /** Rejects with the system's error when it can't listen. `source` is called for each request. */
  static async listen(http: ResolvedHttp, source: () => MonitorSource): Promise<MonitorServer> {
    const monitor = new MonitorServer(http, source);
    try {
      await listen(monitor.#server, http.port, http.host);
    } catch (error) {
      monitor.#cpu.stop();
      throw error;
    }
    return monitor;
  }

  private constructor(http: ResolvedHttp, source: () => MonitorSource) {
    this.#http = http;
    this.#source = source;
    const timeouts = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    this.#server = createServer(timeouts, (request, response) => this.#answer(request, response));
    this.#server.maxConnections = CLIENTS_MAX;
    this.#server.maxRequestsPerSocket = REQUESTS_MAX;
    this.#server.setTimeout(IDLE_MS);
  }

  get port(): number {
    return boundPort(this.#server);
  }

  async close(): Promise<void> {
    this.#cpu.stop();
    await close(this.#server);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const target = readTarget(request.url ?? '/');
    if (!target) return void send(response, text(400, '400 Bad Request'));
    if (target.redirect) {
      response.setHeader('Location', target.redirect);
      return void send(response, text(307, ''));
    }
    const { basePath } = this.#http;
    if (target.path === (basePath || '/')) {
      this.#count('/');
      const page = { status: 200, type: 'text/html; charset=utf-8', anyOrigin: false, body: indexPage(basePath) };
      return void send(response, page);
    }
    const name = target.path.startsWith(`${basePath}/`) ? target.path.slice(basePath.length) : '';
    const route = ENDPOINTS.get(name);
    if (!route) {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      return void send(response, text(404, '404 page not found\n'));
    }
    void send(response, this.#call(route, target.query));
  }

  #call({ endpoint, counted, countsValidOnly }: Route, query: URLSearchParams): Answer {
    if (counted && !countsValidOnly) this.#count(counted);
    try {
      const answer = endpoint(this.#context(), query);
      if (counted && countsValidOnly) this.#count(counted);
      return answer;
    } catch (error) {
      return text(error instanceof BadParameterError ? 400 : 500, (error as Error).message);
    }
  }

  #context(): MonitorContext {
    return { source: this.#source(), ...this.view() };
  }

  /** What answers show of this listener. */
  view(): Omit<MonitorContext, 'source'> {
    const { host, basePath } = this.#http;
    return {
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

async function send(response: ServerResponse, { status, type, anyOrigin, body }: Answer): Promise<void> {
  const timeout = setTimeout(() => response.destroy(), ANSWER_MS).unref();
  response.once('close', () => clearTimeout(timeout));
  if (anyOrigin) response.setHeader('Access-Control-Allow-Origin', '*');
  if (typeof body === 'string') {
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, { 'Content-Type': type });
  try {
    await pipeline(Readable.from(body), response);
  } catch {
    // The rest of the answer can't be made, e.g. because the broker stops: the client sees that it is incomplete.
    response.destroy();
  }
}
