/**
 * Calls of what belongs to the broker's owner. What a listener throws is uncaught, as if a timer had called it, and
 * holds nothing up that comes after: other events, a stop.
 */
export function unhindered(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
