/**
 * The face of the data plane: the only folder that knows the addon. Owns finding and loading it; decides nothing.
 */
export type * from './contract.js';
export { AddonError, type AddonErrorCode } from './errors.js';
export { loadAddon } from './load.js';
