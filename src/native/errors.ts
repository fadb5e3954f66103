/** The error of an addon that can't be used. Its message says what to do. */

export type AddonErrorCode =
  /** No addon for this machine was found. */
  | 'NATS_TURBO_ADDON_MISSING'
  /** A file was found but does not load. */
  | 'NATS_TURBO_ADDON_BROKEN'
  /** It loads but belongs to another version. */
  | 'NATS_TURBO_ADDON_VERSION'
  /** There is no build for this platform. */
  | 'NATS_TURBO_PLATFORM';

export class AddonError extends Error {
  override readonly name = 'AddonError';
  readonly code: AddonErrorCode;

  constructor(code: AddonErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
