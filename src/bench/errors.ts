/** The errors of a measurement; each message says what to do. The command turns their codes into exit codes. */

export type BenchErrorCode =
  /** The command line is wrong. */
  | 'USAGE'
  | 'UNREACHABLE'
  | 'AUTH_REFUSED'
  | 'NO_JETSTREAM'
  | 'STREAM_EXISTS'
  | 'STREAM_MISSING'
  /** JetStream refused to make what the work needs. */
  | 'JETSTREAM'
  | 'SPAWN_FAILED'
  /** A file can't be read or written. */
  | 'FILE'
  /** The load generator gave up. */
  | 'LOAD';

export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** `who`: the server, as far as it is known. */
export function authRefused(who: string, text: string, cause?: unknown): BenchError {
  const ways = 'give --user and --password, --token, --creds or --nkey';
  return new BenchError('AUTH_REFUSED', `${who} refuses to let nats-bench in: ${text}; ${ways}`, cause);
}

export function noJetStream(who: string, cause?: unknown): BenchError {
  const ways = 'start nats-server with -js, or give another server or an account that has it';
  return new BenchError('NO_JETSTREAM', `JetStream is not enabled on ${who}: ${ways}`, cause);
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
