/**
 * The face of the data plane: the only folder that knows the addon. Owns finding and loading it; decides nothing.
 */
export type * from './contract.js';
export { AddonError, type AddonErrorCode } from './errors.js';
export { loadAddon, loadLogAddon } from './load.js';
export type { LogAddon } from './log-contract.js';
