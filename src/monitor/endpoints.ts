/** The table from path to endpoint. The index page and unknown paths are handled in server.ts. */

import { expvarz } from '../http/expvarz.js';
import { accountz } from './accountz.js';
import { accstatz } from './accstatz.js';
import { connz } from './connz.js';
import type { Endpoint } from './endpoint.js';
import { gatewayz } from './gatewayz.js';
import { healthz } from './healthz.js';
import { ipqueuesz } from './ipqueuesz.js';
import { jsz } from './jsz.js';
import { leafz } from './leafz.js';
import { metrics } from './metrics.js';
import { raftz } from './raftz.js';
import { routez } from './routez.js';
import { stacksz } from './stacksz.js';
import { subsz } from './subsz.js';
import { varz } from './varz.js';

export interface Route {
  endpoint: Endpoint;
  /** The key in `http_req_stats` that counts its requests; absent: they are not counted. */
  counted?: string;
  /** A request with a bad parameter is not counted. */
  countsValidOnly?: boolean;
  /** It costs next to nothing, and does not wait until the others are answered. */
  light?: boolean;
}

export const ENDPOINTS: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/varz', { endpoint: varz, counted: '/varz' }],
  ['/connz', { endpoint: connz, counted: '/connz', countsValidOnly: true }],
  ['/subsz', { endpoint: subsz, counted: '/subsz' }],
  ['/subscriptionsz', { endpoint: subsz, counted: '/subsz' }],
  ['/accountz', { endpoint: accountz, counted: '/accountz' }],
  ['/accstatz', { endpoint: accstatz, counted: '/accstatz' }],
  ['/healthz', { endpoint: healthz, counted: '/healthz', light: true }],
  ['/routez', { endpoint: routez, counted: '/routez', countsValidOnly: true }],
  ['/gatewayz', { endpoint: gatewayz, counted: '/gatewayz' }],
  ['/leafz', { endpoint: leafz, counted: '/leafz' }],
  ['/jsz', { endpoint: jsz, counted: '/jsz' }],
  ['/raftz', { endpoint: raftz }],
  ['/ipqueuesz', { endpoint: ipqueuesz }],
  ['/stacksz', { endpoint: stacksz }],
  ['/debug/vars', { endpoint: expvarz }],
  ['/metrics', { endpoint: metrics, counted: '/metrics' }],
]);
