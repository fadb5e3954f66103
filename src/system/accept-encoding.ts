/** How a request lets its answer be compressed. */

/** Identity: it asks for something that is not there. */
export type Encoding = 'snappy' | 'gzip' | 'identity';

/** Of the header `Accept-Encoding`; undefined without one. */
export function acceptedEncoding(header: string | undefined): Encoding | undefined {
  const wanted = header?.toLowerCase() ?? '';
  if (wanted === '') return undefined;
  if (wanted.includes('snappy') || wanted.includes('s2')) return 'snappy';
  return wanted.includes('gzip') ? 'gzip' : 'identity';
}
