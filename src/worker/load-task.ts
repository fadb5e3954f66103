/** What the main thread and a load worker say to each other. */

export interface LoadTask {
  /** Handle of the run inside the addon. */
  load: number;
  /** Which of its loops to run, counted from 0. */
  thread: number;
}

export interface LoadOutcome {
  failed?: { code: string; message: string };
}
