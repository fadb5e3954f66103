/** Bytes to text with the least overhead in Node: `toString('latin1')` checks its arguments first. */
export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as Buffer & { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}
