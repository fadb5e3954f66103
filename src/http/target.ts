/** What a request asks for: the path, decoded and tidied, and the query. Pure functions. */

export interface Target {
  path: string;
  query: URLSearchParams;
  /** Where a path with `//`, `.` or `..` should have gone; the client is sent there. */
  redirect?: string;
}

/** `undefined`: what the client sent is no path. */
export function readTarget(url: string): Target | undefined {
  // Proxies send the whole address.
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
  const clean = tidy(path);
  const query = readQuery(search);
  return clean === path ? { path, query } : { path, query, redirect: encodeURI(clean) + search };
}

/** As the reference: pairs with a `;` or a broken escape are left out, the others count. */
function readQuery(search: string): URLSearchParams {
  const pairs = search.slice(1).split('&');
  return new URLSearchParams(pairs.filter((pair) => !/;|%(?![0-9a-f]{2})/i.test(pair)).join('&'));
}

function tidy(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
  return `/${parts.join('/')}${end}`;
}
