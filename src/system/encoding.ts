/** Compresses an answer as the request allows it. */
import { gzipSync } from 'node:zlib';
import type { Encoding } from './accept-encoding.js';
import type { SystemHost } from './host.js';

interface Encoded {
  body: string | Buffer;
  headers?: { 'Content-Encoding': Encoding };
}

/** Without an encoding the text stays as it is, and no header says so. */
export function encode(host: Pick<SystemHost, 'snappyFrame'>, text: string, encoding: Encoding | undefined): Encoded {
  if (encoding === undefined) return { body: text };
  return { body: compressed(host, text, encoding), headers: { 'Content-Encoding': encoding } };
}

function compressed(host: Pick<SystemHost, 'snappyFrame'>, text: string, encoding: Encoding): string | Buffer {
  switch (encoding) {
    case 'snappy':
      return host.snappyFrame(Buffer.from(text));
    case 'gzip':
      return gzipSync(text);
    case 'identity':
      return text;
  }
}
