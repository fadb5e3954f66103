/** What the main thread and a reactor worker say to each other. */

export interface ReactorTask {
  /** Handle of the runtime inside the addon. */
  runtime: number;
  /** Which of its loops to run, counted from 0. */
  index: number;
}

/** A worker's word that its loop begins. */
export interface ReactorRuns {
  reactorRuns: number;
}

export function isReactorRuns(message: unknown): message is ReactorRuns {
  return typeof message === 'object' && message !== null && 'reactorRuns' in message;
}
