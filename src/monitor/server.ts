/**
 * The monitoring listener: one HTTP server, a table from path to endpoint, nothing else. Loaded only when configured.
 *
 * Clients are bounded: by number, by the time a request and an answer may take, by the size of headers, by the
 * requests of one connection. Bodies of requests are not read.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listenError } from '../broker/errors.js';
import type { ResolvedHttp } from '../config/index.js';
import { nowMs } from '../log/clock.js';
import { CpuSampler } from './cpu.js';
import { type Answer, text } from './endpoint.js';
import { PLACES, type Place } from './endpoints.js';
import { indexPage } from './index-page.js';
import { BadParameterError } from './params.js';
import type { MonitorContext, MonitorSource } from './source.js';
import { readTarget } from './target.js';

const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often those two are looked after. */
const TIMEOUT_CHECK_MS = 1000;
/** A scraper that comes once a minute keeps its connection. */
const KEEP_ALIVE_MS = 75_000;
/** An answer of which nothing was taken for so long is given up. */
const STALLED_MS = 30_000;
/** An answer that takes longer than this is, too. */
const ANSWER_MS = 120_000;
const CLIENTS_MAX = 512;
/** Then a connection ends: who asks for a thousand things in one breath would hold up everyone else. */
const REQUESTS_MAX = 100;

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
    const timeouts = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    this.#server = createServer(timeouts, (request, response) => this.#answer(request, response));
    this.#server.maxConnections = CLIENTS_MAX;
    this.#server.maxRequestsPerSocket = REQUESTS_MAX;
    this.#server.setTimeout(STALLED_MS);
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
      const page = { status: 200, type: 'text/html; charset=utf-8', shared: false, body: indexPage(basePath) };
      return void send(response, page);
    }
    const name = target.path.startsWith(`${basePath}/`) ? target.path.slice(basePath.length) : '';
    const place = PLACES.get(name);
    if (!place) {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      return void send(response, text(404, '404 page not found\n'));
    }
    void send(response, this.#ask(place, target.query));
  }

  #ask({ endpoint, counted, countsValidOnly }: Place, query: URLSearchParams): Answer {
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

async function send(response: ServerResponse, { status, type, shared, body }: Answer): Promise<void> {
  const patience = setTimeout(() => response.destroy(), ANSWER_MS).unref();
  response.once('close', () => clearTimeout(patience));
  if (shared) response.setHeader('Access-Control-Allow-Origin', '*');
  if (typeof body === 'string') {
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, { 'Content-Type': type });
  try {
    await pipeline(Readable.from(body), response);
  } catch {
    // What was promised can't be delivered, e.g. because the broker stops: an answer cut short says so.
    response.destroy();
  }
}
