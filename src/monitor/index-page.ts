/**
 * `/`: a page that lists the endpoints. Links are relative, so they work below any base path and with a proxy in front.
 */
import { COMPAT_VERSION, OWN_VERSION } from '../version.js';

const ENDPOINTS = [
  { path: 'varz', title: 'General' },
  { path: 'jsz', title: 'JetStream' },
  { path: 'connz', title: 'Connections' },
  { path: 'accountz', title: 'Accounts' },
  { path: 'accstatz', title: 'Account Stats' },
  { path: 'subsz', title: 'Subscriptions' },
  { path: 'routez', title: 'Routes' },
  { path: 'leafz', title: 'LeafNodes' },
  { path: 'gatewayz', title: 'Gateways' },
  { path: 'raftz', title: 'Raft Groups' },
  { path: 'healthz', title: 'Health Probe' },
  { path: 'debug/vars', title: 'Expvar' },
  { path: 'metrics', title: 'Prometheus' },
];

/** `basePath` is empty or begins with a slash. */
export function indexPage(basePath: string): string {
  // Browsers resolve links of the page `/a/b` against the folder `/a/`.
  const here = basePath.slice(basePath.lastIndexOf('/') + 1);
  const below = here === '' ? './' : `./${here}/`;
  const link = ({ path, title }: { path: string; title: string }) =>
    `      <li><a href="${below}${path}">${title}</a> <code>/${path}</code></li>`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>nats-turbo</title>
    <style>
      body { font-family: system-ui, sans-serif; margin: 2rem; line-height: 1.6 }
      code { color: #777 }
    </style>
  </head>
  <body>
    <h1>nats-turbo ${OWN_VERSION}</h1>
    <p>Compatible with NATS ${COMPAT_VERSION}</p>
    <ul>
${ENDPOINTS.map(link).join('\n')}
    </ul>
  </body>
</html>
`;
}
