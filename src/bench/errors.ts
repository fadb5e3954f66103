/** Why a measurement did not happen, each with what to do about it. Owns the codes; the command turns them into exit codes. */

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

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
