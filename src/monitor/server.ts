/**
 * The monitoring listener: an HTTP server that looks up the endpoint of a path, calls it and sends its answer. Loaded
 * only when configured.
 *
 * Clients are limited: in number, in the time a request and an answer may take, in the size of headers, and in the
 * requests of one connection. Bodies of requests are discarded.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ResolvedHttp } from '../config/index.js';
import { type Answer, text } from '../http/answer.js';
import { boundPort, close, listen } from '../http/listener.js';
import { readTarget } from '../http/target.js';
import { nowMs } from '../log/index.js';
import { ENDPOINTS, type Route } from './endpoints.js';
import { indexPage } from './index-page.js';
import { BadParameterError } from './params.js';
import { send } from './send.js';
import type { MonitorContext, MonitorSource } from './source.js';
import { ProcessUsage } from './usage.js';
import { WaitingRequests } from './waiting.js';

const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks those two. */
const TIMEOUT_CHECK_MS = 1000;
/** Longer than the usual scrape interval of a minute, so that scrapers keep their connection. */
const KEEP_ALIVE_MS = 75_000;
/** The connection is closed when the client has read nothing of an answer for this long. */
const IDLE_MS = 30_000;
const CLIENTS_MAX = 512;
/** Requests per connection: a client that pipelines thousands would delay all others. */
const REQUESTS_MAX = 100;
const NO_QUERY: URLSearchParams = new URLSearchParams();

export class MonitorServer {
  readonly #server: Server;
  readonly #source: () => MonitorSource;
  readonly #http: ResolvedHttp;
  readonly #requests = new Map<string, number>();
  readonly #usage = new ProcessUsage();
  /** By path. Most clients write it as it stands here, without a query. */
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #waiting = new WaitingRequests();
  readonly #light = new WaitingRequests();
  readonly #requestsOf = new WeakMap<object, number>();
  #port = 0;

  /** Rejects with the system's error when it can't listen. `source` is called for each request. */
  static async listen(http: ResolvedHttp, source: () => MonitorSource): Promise<MonitorServer> {
    const monitor = new MonitorServer(http, source);
    try {
      await listen(monitor.#server, http.port, http.host);
      monitor.#port = boundPort(monitor.#server);
    } catch (error) {
      monitor.#usage.stop();
      throw error;
    }
    return monitor;
  }

  private constructor(http: ResolvedHttp, source: () => MonitorSource) {
    this.#http = http;
    this.#source = source;
    this.#routes = routesBelow(http.basePath);
    const timeouts = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    this.#server = createServer(timeouts, (request, response) => this.#receive(request, response));
    this.#server.on('connection', () => this.#expectMore());
    this.#server.maxConnections = CLIENTS_MAX;
    this.#server.maxRequestsPerSocket = REQUESTS_MAX;
    this.#server.setTimeout(IDLE_MS);
    // Who has sent the last request may say so before the answer has come. The types do not know the property.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
  }

  get port(): number {
    return this.#port;
  }

  async close(): Promise<void> {
    this.#usage.stop();
    this.#waiting.close();
    this.#light.close();
    await close(this.#server);
  }

  #expectMore(): void {
    this.#waiting.expectMore();
    this.#light.expectMore();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (this.#isLast(request)) response.shouldKeepAlive = false;
    const url = request.url ?? '/';
    if (this.#light.join(url, response) || this.#waiting.join(url, response)) return;
    const route = this.#routes.get(url);
    if (route) this.#answer(route, url, NO_QUERY, response);
    else this.#findAndAnswer(url, response);
  }

  /** Of its connection. Node says so in the answer, and then leaves it to the client to end the connection. */
  #isLast({ socket }: IncomingMessage): boolean {
    const number = (this.#requestsOf.get(socket) ?? 0) + 1;
    this.#requestsOf.set(socket, number);
    return number >= REQUESTS_MAX;
  }

  #findAndAnswer(url: string, response: ServerResponse): void {
    const target = readTarget(url);
    const route = target && this.#routes.get(target.path);
    if (!target) send(response, text(400, '400 Bad Request'));
    else if (target.redirect) send(response, text(307, ''), ['Location', target.redirect]);
    else if (route) this.#answer(route, url, target.query, response);
    else if (target.path === (this.#http.basePath || '/')) this.#answerIndex(response);
    else send(response, text(404, '404 page not found\n'), ['X-Content-Type-Options', 'nosniff']);
  }

  #answerIndex(response: ServerResponse): void {
    this.#count('/', 1);
    const body = indexPage(this.#http.basePath);
    send(response, { status: 200, type: 'text/html; charset=utf-8', anyOrigin: false, body });
  }

  #answer(route: Route, url: string, query: URLSearchParams, response: ServerResponse): void {
    const waiting = route.light ? this.#light : this.#waiting;
    waiting.add(url, response, (responses) => {
      const answer = this.#call(route, query, responses.length);
      for (const each of responses) send(each, answer);
    });
  }

  #call({ endpoint, counted, countsValidOnly }: Route, query: URLSearchParams, requests: number): Answer {
    if (counted && !countsValidOnly) this.#count(counted, requests);
    try {
      const answer = endpoint(this.#context(), query);
      if (counted && countsValidOnly) this.#count(counted, requests);
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
      usage: this.#usage,
      nowMs,
    };
  }

  #count(path: string, requests: number): void {
    this.#requests.set(path, (this.#requests.get(path) ?? 0) + requests);
  }
}

function routesBelow(basePath: string): Map<string, Route> {
  return new Map([...ENDPOINTS].map(([path, route]) => [basePath + path, route]));
}
