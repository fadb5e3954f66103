/** `/`: a page that lists the endpoints. Links are relative, so a base path or a proxy in front changes nothing. */
import { COMPAT_VERSION, OWN_VERSION } from '../broker/version.js';

const ENDPOINTS = [
  { path: 'varz', title: 'General' },
  { path: 'connz', title: 'Connections' },
];

export function indexPage(): string {
  const links = ENDPOINTS.map(({ path, title }) => `    <li><a href=./${path}>${title}</a> <code>/${path}</code></li>`);
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
${links.join('\n')}
    </ul>
  </body>
</html>
`;
}
