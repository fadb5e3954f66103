/**
 * Writes profiles in the format of `go tool pprof` and other viewers. Knows stacks and values, not what they measure.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  Function as Code,
  Label,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';

/** A position in a program. */
export interface Frame {
  name: string;
  /** Empty when there is none. */
  file: string;
  /** Counted from 1; 0 when unknown. */
  line: number;
}

export type Value = readonly [type: string, unit: string];

const MAPPING = 1;

export class ProfileBuilder {
  readonly #strings = new StringTable();
  readonly #types: ValueType[];
  readonly #period: { type: ValueType; amount: number };
  readonly #codes = new Map<string, Code>();
  readonly #locations = new Map<string, Location>();
  readonly #samples: Sample[] = [];

  /** Samples have a value of each type; viewers show the last one first. */
  constructor(types: readonly Value[], period: { type: Value; amount: number }) {
    this.#types = types.map((type) => this.#valueType(type));
    this.#period = { type: this.#valueType(period.type), amount: period.amount };
  }

  /** The innermost frame comes first. */
  add(stack: readonly Frame[], values: readonly number[], labels: Readonly<Record<string, string>> = {}): void {
    this.#samples.push(
      new Sample({
        locationId: stack.map((frame) => this.#location(frame).id),
        value: values.map(Math.round),
        label: Object.entries(labels).map(
          ([key, text]) => new Label({ key: this.#strings.dedup(key), str: this.#strings.dedup(text) }),
        ),
      }),
    );
  }

  /** The file, compressed. */
  finish(startMs: number, durationMs: number): Promise<Buffer> {
    const profile = new Profile({
      stringTable: this.#strings,
      sampleType: this.#types,
      sample: this.#samples,
      // The profile contains the names: viewers need no executable.
      mapping: [
        new Mapping({
          id: MAPPING,
          filename: this.#strings.dedup('nats-turbo'),
          hasFunctions: true,
          hasFilenames: true,
          hasLineNumbers: true,
        }),
      ],
      location: [...this.#locations.values()],
      function: [...this.#codes.values()],
      timeNanos: BigInt(Math.round(startMs)) * 1_000_000n,
      durationNanos: Math.round(durationMs * 1e6),
      periodType: this.#period.type,
      period: this.#period.amount,
    });
    return promisify(gzip)(profile.encode());
  }

  #valueType([type, unit]: Value): ValueType {
    return new ValueType({ type: this.#strings.dedup(type), unit: this.#strings.dedup(unit) });
  }

  #location({ name, file, line }: Frame): Location {
    const key = `${name}\n${file}\n${line}`;
    let location = this.#locations.get(key);
    if (location === undefined) {
      const id = this.#locations.size + 1;
      location = new Location({
        id,
        mappingId: MAPPING,
        line: [new Line({ functionId: this.#code(name, file), line })],
      });
      this.#locations.set(key, location);
    }
    return location;
  }

  #code(name: string, file: string): number {
    const key = `${name}\n${file}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      const text = this.#strings.dedup(name);
      const id = this.#codes.size + 1;
      code = new Code({ id, name: text, systemName: text, filename: this.#strings.dedup(file) });
      this.#codes.set(key, code);
    }
    return code.id as number;
  }
}
