import { expect, test } from 'vitest';
import { indexPage } from './index-page.js';

test.each(['', '/nats', '/a/b', '/a/b/c'])('the links of a page at %j lead below it', (basePath) => {
  const links = [...indexPage(basePath).matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(10);
  const paths = links.map((link) => new URL(link, `http://localhost${basePath || '/'}`).pathname);
  expect(paths).toEqual(paths.map((path) => `${basePath}/${path.slice(basePath.length + 1)}`));
  expect(paths).toContain(`${basePath}/varz`);
});
