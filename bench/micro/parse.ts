/** Parsing: one read from a publisher's socket, whole and in parts. */
import type { BenchAddon, Parsed } from './addon.js';
import { PlainParser, ProtocolError } from './plain/parser.js';
import { compareLists, Different, type Work } from './work.js';

const READ_BYTES = 256 * 1024;

export function parseWorks(addon: BenchAddon): Work[] {
  const rows = [
    ...[16, 128, 4096].map((size) => ({ name: `PUB, ${size} B`, message: publish(size), cut: false })),
    ...[16, 128, 4096].map((size) => ({ name: `PUB, ${size} B, cut by reads`, message: publish(size), cut: true })),
    { name: 'HPUB with reply, 128 B', message: publishWithHeaders(128), cut: false },
  ];
  return rows.map(({ name, message, cut }) => {
    const messages = Math.floor(READ_BYTES / message.length);
    const stream = Buffer.concat(new Array<Buffer>(messages).fill(message));
    // So short that nearly every message is cut.
    const read = cut ? Math.floor((message.length * 2) / 3) : READ_BYTES;
    const native = () => addon.benchParse(stream, read);
    const plain = () => plainParse(stream, read);
    const check = () => {
      const [ours, theirs] = [native(), plain()];
      if (ours.messages !== messages) throw new Different(name, ours, messages);
      compareLists(name, Object.entries(ours).sort(), Object.entries(theirs).sort());
      compareLists(name, addon.benchParseFields(stream, read), plainParseFields(stream, read));
    };
    return { group: 'parse', name, messages, native, plain, check };
  });
}

function publish(size: number): Buffer {
  return Buffer.from(`PUB orders.new.42 ${size}\r\n${'x'.repeat(size)}\r\n`);
}

function publishWithHeaders(size: number): Buffer {
  const headers = 'NATS/1.0\r\nTrace: 0123456789\r\n\r\n';
  const sizes = `${headers.length} ${headers.length + size}`;
  return Buffer.from(`HPUB orders.new.42 _INBOX.abc.1 ${sizes}\r\n${headers}${'x'.repeat(size)}\r\n`);
}

export function plainParse(stream: Buffer, read: number): Parsed {
  const parsed = { messages: 0, subjectBytes: 0, bodyBytes: 0 };
  eachPublish(stream, read, (parser) => {
    parsed.messages++;
    parsed.subjectBytes += parser.subjectEnd - parser.subjectStart;
    parsed.bodyBytes += parser.bodyEnd - parser.bodyStart;
  });
  return parsed;
}

/** As `benchParseFields` gives them. */
export function plainParseFields(stream: Buffer, read: number): number[] {
  const all: number[] = [];
  eachPublish(stream, read, (parser) => {
    all.push(parser.subjectStart, parser.subjectEnd, parser.replyStart, parser.replyEnd, parser.headerLength);
    all.push(parser.bodyStart, parser.bodyEnd, parser.tailStart, parser.tailEnd);
  });
  return all;
}

function eachPublish(stream: Buffer, read: number, visit: (parser: PlainParser) => void): void {
  const parser = new PlainParser();
  let start = 0;
  let end = 0;
  while (start < stream.length) {
    const next = parser.next(stream, start, end);
    if (next >= 0) {
      if (parser.operation === 'publish') visit(parser);
      start = next;
    } else if (end === stream.length) {
      throw new ProtocolError('the stream ends within a message');
    } else {
      end = Math.min(Math.max(end + read, parser.needEnd), stream.length);
    }
  }
}
