/** The target of a request: the decoded, normalized path and the query. Pure functions. */

export interface Target {
  path: string;
  query: URLSearchParams;
  /** The normalized URL for a path with `//`, `.` or `..`; the client is redirected there. */
  redirect?: string;
}

/** Undefined when the client sent something that is no path. */
export function readTarget(url: string): Target | undefined {
  // Clients of a proxy send the whole URL.
  const origin = url.replace(/^https?:\/\/[^/?]*/i, '');
  const at = origin.indexOf('?');
  const raw = at < 0 ? origin : origin.slice(0, at);
  const search = at < 0 ? '' : origin.slice(at);
  let path: string;
  try {
    path = decodeURIComponent(raw === '' ? '/' : raw);
  } catch {
    return undefined;
  }
  if (!path.startsWith('/')) return undefined;
  const clean = normalize(path);
  const query = readQuery(search);
  return clean === path ? { path, query } : { path, query, redirect: encodeURI(clean) + search };
}

/** As in nats-server, pairs with a `;` or an invalid escape are ignored. */
function readQuery(search: string): URLSearchParams {
  const pairs = search.slice(1).split('&');
  return new URLSearchParams(pairs.filter((pair) => !/;|%(?![0-9a-f]{2})/i.test(pair)).join('&'));
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
  return `/${parts.join('/')}${end}`;
}
