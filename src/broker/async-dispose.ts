/**
 * The symbol under which `await using` finds the method that disposes of an object.
 *
 * Node 20 and 22 add `Symbol.asyncDispose` to their main realm only. In other realms, such as the ones vitest's `vmThreads`
 * runs tests in, compilers use `Symbol.for('Symbol.asyncDispose')` in its place.
 */

const REGISTERED: symbol = Symbol.for('Symbol.asyncDispose');

/** `Symbol.asyncDispose` where this realm has it. */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  (Symbol.asyncDispose as typeof Symbol.asyncDispose | undefined) ?? (REGISTERED as typeof Symbol.asyncDispose);

/** Makes the method available under the registered symbol, too: the caller may be in another realm. */
export function disposeUnderBothSymbols(prototype: { [ASYNC_DISPOSE](): Promise<void> }): void {
  if (Object.hasOwn(prototype, REGISTERED)) return;
  Object.defineProperty(prototype, REGISTERED, {
    value: prototype[ASYNC_DISPOSE],
    configurable: true,
    writable: true,
  });
}
