/** Why the addon can't be used, each with what to do about it. */

export type AddonErrorCode =
  /** No addon for this machine was found. */
  | 'NATS_TURBO_ADDON_MISSING'
  /** One was found and does not load. */
  | 'NATS_TURBO_ADDON_BROKEN'
  /** It loads and belongs to another version. */
  | 'NATS_TURBO_ADDON_VERSION'
  /** There is none for this kind of machine. */
  | 'NATS_TURBO_PLATFORM';

export class AddonError extends Error {
  override readonly name = 'AddonError';
  readonly code: AddonErrorCode;

  constructor(code: AddonErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
