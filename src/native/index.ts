/** Finds and loads the addon, and declares its types. No other folder knows where the addon is. */
export type * from './contract.js';
export { AddonError, type AddonErrorCode } from './errors.js';
export { loadAddon } from './load.js';
export type { LogAddon } from './log-contract.js';
