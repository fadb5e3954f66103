/** What the main thread sends to a reactor worker. */

export interface ReactorTask {
  /** Handle of the runtime inside the addon. */
  runtime: number;
  /** Which of its loops to run, counted from 0. */
  index: number;
}
