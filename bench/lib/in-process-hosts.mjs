/**
 * The processes that bench/in-process.mjs measures: a broker, with a responder inside (`responder`) or without (`plain`), or the
 * official client as a responder (`client URL`). Reports its URL, measures an interval, and asks when it is told to.
 */
import { connect } from '@nats-io/transport-node';

const [role, url] = process.argv.slice(2);

if (role === 'client') {
  const client = await connect({ servers: url });
  client.subscribe('bench', { callback: (_, message) => void message.respond(message.data) });
  await client.flush();
  process.send({ url });
} else {
  const { Broker } = await import('../../dist/index.js');
  const broker = await Broker.start({ host: '127.0.0.1', port: 0 });
  if (role === 'responder') await broker.subscribe('bench', (message) => void message.respond(message.data));
  measureInterval();
  process.on('message', (wish) => {
    if (wish.ask) void ask(broker, wish).then((result) => process.send(result));
  });
  process.send({ url: broker.url });
}

/** How late an interval of 10 ms fires. */
function measureInterval() {
  let late = [];
  let due = performance.now() + 10;
  setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + 10;
  }, 10);
  process.on('message', (wish) => {
    if (wish === 'reset') late = [];
    if (wish === 'lateness') process.send({ p99: percentile(late, 0.99) });
  });
}

async function ask(broker, { ask: count, window }) {
  const payload = Buffer.alloc(128, 'x');
  const times = [];
  let left = count;
  const begin = performance.now();
  const askInTurn = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      await broker.request('bench', payload);
      times.push(1000 * (performance.now() - sent));
    }
  };
  await Promise.all(Array.from({ length: window }, askInTurn));
  return { p50: percentile(times, 0.5), perSecond: (1000 * count) / (performance.now() - begin) };
}

function percentile(list, part) {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
