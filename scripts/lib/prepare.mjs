/** The preparation that `npm start`, `npm test` and `npm run build` share. Does nothing, quickly, when nothing changed. */
import { withLock } from './lock.mjs';
import { anyStale, runSteps } from './steps.mjs';

export async function prepare(steps, force = false) {
  if (!force && !anyStale(steps)) return;
  // Looked at again under the lock: another process may just have done the work.
  await withLock(() => runSteps(steps, force));
}
