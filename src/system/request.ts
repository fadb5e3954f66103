/** A request that came in the system account. Types only. */

import type { Encoding } from './accept-encoding.js';

export interface Request {
  /** Its name in the tables of handlers; see subjects.ts. */
  name: string;
  /** Where it came, and where the answer goes. */
  systemAccount: string;
  /** The account that its subject names; empty where it names none. */
  account: string;
  /** Undefined: nobody waits for an answer. */
  reply: string | undefined;
  body: string;
  /** The length of what is kept of it. */
  bytes: number;
  /** How the answer is to be compressed. */
  encoding: Encoding | undefined;
  /** Who asks, where the request came by a service import: JSON. */
  requestInfo: string | undefined;
}
