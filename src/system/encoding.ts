/** Compresses an answer as the request allows it. */
import { gzipSync } from 'node:zlib';
import type { SystemHost } from './host.js';

interface Encoded {
  body: string | Buffer;
  headers?: { 'Content-Encoding': string };
}

/** `accepted`: the header `Accept-Encoding`; without it the text stays as it is. */
export function encode(host: Pick<SystemHost, 'snappyFrame'>, text: string, accepted: string | undefined): Encoded {
  const wanted = accepted?.toLowerCase() ?? '';
  if (wanted === '') return { body: text };
  const headers = (encoding: string) => ({ 'Content-Encoding': encoding });
  if (wanted.includes('snappy') || wanted.includes('s2')) {
    return { body: host.snappyFrame(Buffer.from(text)), headers: headers('snappy') };
  }
  if (wanted.includes('gzip')) return { body: gzipSync(text), headers: headers('gzip') };
  return { body: text, headers: headers('identity') };
}
