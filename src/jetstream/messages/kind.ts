/**
 * What a kind of value in messages is: how it is read, when it counts as empty, how it is written. Messages are described
 * with kinds (`scalars.ts`, `containers.ts`, `struct.ts`), and a description is both the reader and the writer.
 *
 * Reading follows Go's decoder. It stores into what is there already, so a later document changes only what it names; of
 * the problems it finds it tells the first one, unless a later one ends it.
 */
import type { JsonValue } from '../../go-json/scan.js';

export interface Kind<T> {
  /** Go's name of the type, as the decoder's messages have it. */
  readonly goType: string;
  /** Nothing said. */
  zero(): T;
  /** Whether a field that is printed "unless empty" is left out. */
  isEmpty(value: T): boolean;
  /** The value that follows `before`; `before` itself where the text does not fit. */
  read(json: JsonValue, before: T, reading: Reading): T;
  /** As JSON. */
  write(value: T): string;
}

/** The values that a kind has. */
export type ValueOf<K> = K extends Kind<infer T> ? T : never;

/** Ends the reading at once, as an error of a type's own `UnmarshalJSON` does. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** One document being read: where the reader is, and the first problem. */
export class Reading {
  readonly strict: boolean;
  #problem: string | undefined;
  #struct = '';
  #path: readonly string[] = [];

  constructor(strict: boolean) {
    this.strict = strict;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Remembered unless there is an earlier one. */
  note(problem: () => string): void {
    this.#problem ??= problem();
  }

  /** What was found does not fit the type. */
  mismatch(found: string, goType: string): void {
    this.note(() => this.mismatchProblem(found, goType));
  }

  mismatchProblem(found: string, goType: string): string {
    const place = this.#struct === '' ? 'value' : `struct field ${[this.#struct, ...this.#path].join('.')}`;
    return `json: cannot unmarshal ${found} into Go ${place} of type ${goType}`;
  }

  /** Reads a field; its place is named in problems. */
  inside<T>(struct: string, path: readonly string[], read: () => T): T {
    const [outerStruct, outerPath] = [this.#struct, this.#path];
    this.#struct = struct;
    this.#path = [...outerPath, ...path];
    const value = read();
    this.#struct = outerStruct;
    this.#path = outerPath;
    return value;
  }
}
