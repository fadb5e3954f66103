/** The table from the name of a request to what answers it. The data are those of the monitoring endpoints. */
import { ACCOUNT_HANDLERS } from './account-handlers.js';
import type { Handler } from './handler.js';
import { SERVER_HANDLERS } from './server-handlers.js';

export const HANDLERS: ReadonlyMap<string, Handler> = new Map([...SERVER_HANDLERS, ...ACCOUNT_HANDLERS]);
