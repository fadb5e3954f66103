/** What a handler of requests gets and returns. Types, and the result that is none. */
import type { MonitorContext } from '../monitor/source.js';
import type { SystemHost } from './host.js';
import type { Description, Options } from './options.js';
import type { Request } from './request.js';
import type { ServerInfo } from './server-info.js';

/** Nothing is answered. */
export const SILENT = Symbol('silent');

export interface ApiError {
  code: number;
  description: string;
}

/** What goes into the answer beside the server; or, as `whole`, the answer itself. */
export type Result = ((Parts | { whole: object | string }) & { to?: string }) | typeof SILENT;

interface Parts {
  data?: unknown;
  statsz?: object;
  error?: ApiError;
}

export interface HandlerInput {
  host: SystemHost;
  /** Describes the server in answers without the usual envelope. */
  server: ServerInfo;
  context: MonitorContext;
  options: Options;
  request: Request;
}

export interface Handler {
  /** What its body may contain; absent: it is not looked at. */
  description?: Description;
  /** Other requests do not wait for its answer. */
  takesLong?: boolean;
  /** Throws a `BadParameterError`, or what a change throws: the answer is then an error with the code 500. */
  answer(input: HandlerInput): Result | Promise<Result>;
}
