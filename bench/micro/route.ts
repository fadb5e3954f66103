/** The whole path of a message without sockets: parse, match, write a frame for each subscriber. */
import type { BenchAddon, Broker, Output } from './addon.js';
import { PlainBroker } from './plain/broker.js';
import { compareLists, scattered, type Work } from './work.js';

const READ_BYTES = 256 * 1024;

interface Scene {
  name: string;
  size: number;
  /** What each subscriber's connection sends; the publisher has one of its own. */
  subscribers: string[];
  subjects: string[];
  /** Which member of a queue group gets a message is chance. */
  byChance?: boolean;
}

function scenes(): Scene[] {
  const one = ['orders.new.42'];
  const many = scattered(100_000, 100_000).map((n) => `dev.${n}.temp`);
  return [
    { name: '1 to 1, 16 B', size: 16, subscribers: ['SUB orders.new.42 1\r\n'], subjects: one },
    { name: '1 to 1, 128 B', size: 128, subscribers: ['SUB orders.new.42 1\r\n'], subjects: one },
    { name: '1 to 1, 4096 B', size: 4096, subscribers: ['SUB orders.new.42 1\r\n'], subjects: one },
    { name: '1 to 10, 128 B', size: 128, subscribers: repeat(10, 'SUB orders.*.42 1\r\n'), subjects: one },
    {
      name: 'queue group of 8, 128 B',
      size: 128,
      subscribers: repeat(8, 'SUB orders.new.42 workers 1\r\n'),
      subjects: one,
      byChance: true,
    },
    {
      name: 'random among 100k subscriptions, 128 B',
      size: 128,
      subscribers: repeat(10, '').map((_, part) => subscribeTo(many, part)),
      subjects: many,
    },
  ];
}

function repeat(count: number, text: string): string[] {
  return new Array<string>(count).fill(text);
}

/** The subjects that this one of ten connections has. */
function subscribeTo(subjects: string[], part: number): string {
  const own = [...new Set(subjects)].filter((_, at) => at % 10 === part);
  return own.map((subject, sid) => `SUB ${subject} ${sid + 1}\r\n`).join('');
}

export function routeWorks(addon: BenchAddon): Work[] {
  return scenes().map(({ name, size, subscribers, subjects, byChance }) => {
    const frames = reads(subjects, size);
    const messages = frames.reduce((sum, { count }) => sum + count, 0) / frames.length;
    const native = furnish(new addon.BenchBroker(), subscribers);
    const plain = furnish(new PlainBroker(), subscribers);
    const feed = ({ broker, publisher }: Furnished) => {
      // Several reads for many subjects: one would fit into any cache.
      let turn = 0;
      return () => broker.feed(publisher, (frames[turn++ % frames.length] as Read).bytes);
    };
    const check = () => {
      for (const { bytes } of frames) {
        const ours = native.broker.deliver(native.publisher, bytes);
        const theirs = plain.broker.deliver(plain.publisher, bytes);
        compareLists(name, framesOf(ours, byChance), framesOf(theirs, byChance));
        const counts = [native, plain].map(({ broker, publisher }) => broker.feed(publisher, bytes));
        compareLists(`${name}, bytes`, counts.slice(0, 1), counts.slice(1));
      }
    };
    return { group: 'route', name, messages, native: feed(native), plain: feed(plain), check };
  });
}

interface Furnished {
  broker: Broker;
  publisher: number;
}

function furnish(broker: Broker, subscribers: string[]): Furnished {
  const publisher = broker.connect();
  for (const text of subscribers) broker.feed(broker.connect(), Buffer.from(text));
  return { broker, publisher };
}

interface Read {
  bytes: Buffer;
  count: number;
}

/** What the publisher's socket gives: each subject once, or the only one as often as fits into a read. */
function reads(subjects: string[], size: number): Read[] {
  const frame = (subject: string) => Buffer.from(`PUB ${subject} ${size}\r\n${'x'.repeat(size)}\r\n`);
  const perRead = Math.floor(READ_BYTES / frame(subjects[0] as string).length);
  if (subjects.length === 1) {
    const only = frame(subjects[0] as string);
    return [{ bytes: Buffer.concat(new Array<Buffer>(perRead).fill(only)), count: perRead }];
  }
  // Whole reads only, so that all calls have the same number of messages.
  return Array.from({ length: Math.floor(subjects.length / perRead) }, (_, at) => ({
    bytes: Buffer.concat(subjects.slice(at * perRead, (at + 1) * perRead).map(frame)),
    count: perRead,
  }));
}

/** The frames of each connection, in order; by chance, all frames together without saying who got them. */
function framesOf(outputs: Output[], byChance = false): string[] {
  const texts = outputs.map(({ connection, bytes }) => [connection, bytes.toString('latin1')] as const);
  if (!byChance) return texts.sort(([a], [b]) => a - b).map(([connection, text]) => `${connection}: ${text}`);
  return texts.flatMap(([, text]) => text.split(/(?=MSG )/)).sort();
}
