/** The messages between the main thread and a load worker. */

export interface LoadTask {
  /** Handle of the run inside the addon. */
  load: number;
  /** Which of its loops to run, counted from 0. */
  thread: number;
}

export interface LoadOutcome {
  failed?: { code: string; message: string };
}
