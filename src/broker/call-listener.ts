/**
 * Calls listeners of the broker's user. An error they throw becomes an uncaught exception, as if a timer had thrown it;
 * it does not stop the broker's own code, such as the events that follow or a stop in progress.
 */
export function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
