/** Two accounts with a stream and a service between them, used by the official clients. */
import { describe, expect, test } from 'vitest';
import { accountsConfig } from '../support/accounts.js';
import { useServer } from '../support/server.js';
import type { Client, Language } from './peers/peer.js';
import { usePeers } from './peers/tools.js';
import { urlOf } from './support.js';

const config = accountsConfig({
  SHOP: 'exports: [ { stream: "news.*" }, { service: "count.*" } ]',
  BILLING: `imports: [
    { stream: { account: SHOP, subject: "news.*" }, prefix: shop }
    { service: { account: SHOP, subject: "count.*" }, to: "shop.$1.count" }
  ]`,
});
const REQUESTS = 50;

describe('a stream and a service between two accounts', () => {
  const server = useServer({ config });
  const peerOf = usePeers();

  test.for<[Language, Language]>([
    ['node', 'python'],
    ['python', 'go'],
    ['go', 'node'],
  ])('exported by %s, imported by %s', async ([exporting, importing], ctx) => {
    const connect = async (language: Language, user: string): Promise<Client> =>
      (await peerOf(ctx, language)).connect({ url: urlOf(server), user, password: 'p' });
    const [shop, billing] = [await connect(exporting, 'SHOP'), await connect(importing, 'BILLING')];

    const news = await billing.subscribe('shop.news.*');
    await shop.publishNumbered('news.today', 'n', REQUESTS);
    const told = await news.received(REQUESTS);
    expect(told.map(({ payload }) => payload)).toEqual(Array.from({ length: REQUESTS }, (_, number) => `n${number}`));
    expect(new Set(told.map(({ subject }) => subject))).toEqual(new Set(['shop.news.today']));

    const nobody = billing.request('shop.tea.count', { text: '?' });
    await expect(nobody).rejects.toMatchObject({ kind: 'no-responders' });
    await shop.echo('count.*');
    await shop.flush();
    const asked = Array.from({ length: REQUESTS }, (_, number) => `q${number}`);
    const answers = await Promise.all(asked.map((text) => billing.request('shop.tea.count', { text })));
    expect(answers.map(({ payload }) => payload)).toEqual(asked);
    // The echo has the headers of the request, with what the service was told.
    const info = Object.entries(answers[0]?.headers ?? {}).find(([name]) => name.toLowerCase() === 'nats-request-info');
    expect(JSON.parse(info?.[1][0] ?? '')).toMatchObject({ acc: 'BILLING' });
    await Promise.all([shop, billing].map((client) => client.close()));
  });
});
