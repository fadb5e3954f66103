/** One row: the same batch for the native and the plain implementation, and a check that both give the same result. */
export interface Work {
  group: 'parse' | 'match' | 'route';
  name: string;
  /** Messages, or subjects, in one call. */
  messages: number;
  native: () => unknown;
  plain: () => unknown;
  /** Throws `Different` unless both give the same for the whole batch. */
  check: () => void;
}

/** The native way and the plain one disagree: at least one of them is wrong, and no figure means anything. */
export class Different extends Error {
  constructor(work: string, native: unknown, plain: unknown) {
    super(`${work}: the native side gives ${shorten(native)}, the plain one ${shorten(plain)}; mend that first`);
  }
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** Compares lists entry by entry, so that the message shows the first difference. */
export function compareLists(work: string, native: readonly unknown[], plain: readonly unknown[]): void {
  if (native.length === 0) throw new Different(work, 'nothing at all', plain.length);
  if (native.length !== plain.length) throw new Different(work, native.length, plain.length);
  native.forEach((one, at) => {
    const same = one === plain[at] || JSON.stringify(one) === JSON.stringify(plain[at]);
    if (!same) throw new Different(`${work}, entry ${at}`, one, plain[at]);
  });
}

/** Numbers below `end` that follow no pattern, always the same ones. */
export function scattered(count: number, end: number): number[] {
  return Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 0) % end);
}
