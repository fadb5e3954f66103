/** Bytes to text, by the shortest way Node has: `toString('latin1')` looks at its arguments first. */
export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as Buffer & { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}
