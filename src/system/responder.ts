/**
 * Answers requests of the system account: reads the options, leaves out what is for other servers, calls the handler and
 * sends what it returns in the form that the request asks for. Loaded with the first request.
 */
import { goJson } from '../http/go-format.js';
import { nowMs } from '../log/index.js';
import { BadParameterError } from '../monitor/params.js';
import type { MonitorContext } from '../monitor/source.js';
import { ProcessUsage } from '../monitor/usage.js';
import { encode } from './encoding.js';
import { type Result, SILENT } from './handler.js';
import { HANDLERS } from './handlers.js';
import type { SystemHost } from './host.js';
import { BadRequestError, Options, readOptions } from './options.js';
import type { Request } from './request.js';
import { ServerInfo, withServer } from './server-info.js';

export class Responder {
  readonly #host: SystemHost;
  readonly #server: ServerInfo;
  #usage: ProcessUsage | undefined;

  constructor(host: SystemHost) {
    this.#host = host;
    this.#server = new ServerInfo(host);
  }

  close(): void {
    this.#usage?.stop();
  }

  /** Never rejects; settles when the next request may be answered. */
  async answer(request: Request): Promise<void> {
    const handler = HANDLERS.get(request.name);
    if (handler === undefined) return;
    const answering = this.#result(request).then((result) => this.#send(request, result));
    if (!handler.takesLong) await answering;
  }

  async #result(request: Request): Promise<Result> {
    const handler = HANDLERS.get(request.name);
    if (handler === undefined) return SILENT;
    try {
      const options = handler.description ? readOptions(request.body, handler.description) : new Options();
      if (this.#isForOthers(options)) return SILENT;
      return await handler.answer({
        host: this.#host,
        server: this.#server,
        context: this.#context(),
        options,
        request,
      });
    } catch (error) {
      if (error instanceof BadRequestError) return { error: { code: 400, description: error.message } };
      const description = (error as { logText?: string }).logText ?? (error as Error).message;
      const hasData = error instanceof BadParameterError;
      return { ...(hasData ? { data: null } : {}), error: { code: 500, description } };
    }
  }

  /** Only servers that all filters fit are meant. */
  #isForOthers(options: Options): boolean {
    const { serverName, options: own } = this.#host.source();
    const fits = (wanted: string, is: string) =>
      wanted === '' || (options.flag('exact_match') ? is === wanted : is.includes(wanted));
    return !(
      fits(options.text('server_name'), serverName) &&
      fits(options.text('host'), this.#host.advertisedHost()) &&
      fits(options.text('cluster'), '') &&
      options.texts('tags').every((tag) => own.serverTags?.includes(tag.toLowerCase())) &&
      options.text('domain') === ''
    );
  }

  #context(): MonitorContext {
    const source = this.#host.source();
    const monitor = this.#host.monitor();
    if (monitor) return { ...monitor, source };
    this.#usage ??= new ProcessUsage();
    const http = { host: '', port: 0, basePath: '' };
    return { source, http, requests: new Map(), usage: this.#usage, nowMs };
  }

  #send(request: Request, result: Result): void {
    if (result === SILENT) return;
    const { systemAccount: account } = request;
    const to = result.to ?? request.reply;
    if (to === undefined) return;
    const text = this.#text(result);
    const isPlain = 'error' in result || 'whole' in result || 'statsz' in result;
    const { headers, body } = encode(this.#host, text, isPlain ? undefined : request.encoding);
    try {
      this.#host.client.publish(to, body, { account, ...(headers ? { headers } : {}) });
    } catch {
      // The reply subject is none, too much waits already, or the account is gone: nobody can be told.
    }
  }

  #text(result: Exclude<Result, typeof SILENT>): string {
    if ('whole' in result) return typeof result.whole === 'string' ? result.whole : goJson(result.whole, 0);
    const { to: _, ...rest } = result;
    return withServer(this.#server, '', rest);
  }
}
