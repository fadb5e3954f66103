/**
 * The options in the body of a request, checked against their description; what is wrong is said in the words of Go's
 * decoder. Pure functions.
 */
import { bytesAsText, syntaxProblem } from '../go-json/scan.js';

/** The body can't be read: answered with the code 400. */
export class BadRequestError extends Error {
  override readonly name = 'BadRequestError';
}

/** Go's types of the fields. */
type FieldType =
  | 'bool'
  | 'string'
  | 'int'
  | 'uint64'
  | '[]string'
  | '[]uint8'
  | 'server.SortOpt'
  | 'server.ConnState'
  | 'time.Duration';

/** The fields of one Go type, by name. */
export interface Description {
  /** The names of the types in messages: what is decoded, and what it embeds. */
  readonly type: string;
  readonly embeds?: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

const FILTER: Readonly<Record<string, FieldType>> = {
  server_name: 'string',
  cluster: 'string',
  host: 'string',
  exact_match: 'bool',
  tags: '[]string',
  domain: 'string',
};

/** Options beside those that say which servers are meant. */
export function described(name: string, fields: Description['fields'] = {}): Description {
  return { type: `${name}EventOptions`, embeds: `${name}Options`, fields };
}

/** Only those that say which servers are meant. */
export const FILTER_ONLY: Description = { type: 'EventFilterOptions', fields: {} };

/** Decoded options; absent ones have the zero value of their type. */
export class Options {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown> = new Map()) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? '';
  }

  number(name: string): number {
    return (this.#values.get(name) as number | undefined) ?? 0;
  }

  texts(name: string): string[] {
    return (this.#values.get(name) as string[] | undefined) ?? [];
  }
}

/** Throws a `BadRequestError`. An empty body has no options. */
export function readOptions(body: string, description: Description): Options {
  if (body === '') return new Options();
  const value = parse(body);
  if (value === null) return new Options();
  const { type, embeds } = description;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new BadRequestError(`json: cannot unmarshal ${kindOf(value)} into Go value of type server.${type}`);
  }
  const own = new Map(Object.entries(description.fields));
  const filters = embeds === undefined && Object.keys(own).length > 0 ? [] : Object.entries(FILTER);
  const types = new Map([...own, ...filters]);
  const values = new Map<string, unknown>();
  for (const [key, given] of Object.entries(value)) {
    // Names match in any case.
    const name = types.has(key) ? key : key.toLowerCase();
    const fieldType = types.get(name);
    if (fieldType === undefined || given === null) continue;
    const problem = mismatch(given, fieldType);
    if (problem !== undefined) {
      const path = [type, ...(embeds === undefined ? [] : [own.has(name) ? embeds : FILTER_ONLY.type]), name].join('.');
      throw new BadRequestError(`json: cannot unmarshal ${problem} into Go struct field ${path} of type ${fieldType}`);
    }
    values.set(name, given);
  }
  return new Options(values);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequestError(syntaxProblem(bytesAsText(Buffer.from(body))));
  }
}

/** What was given instead; undefined: it fits. */
function mismatch(given: unknown, type: FieldType): string | undefined {
  switch (type) {
    case 'bool':
      return typeof given === 'boolean' ? undefined : kindOf(given);
    case 'string':
    case 'server.SortOpt':
    case '[]uint8':
      return typeof given === 'string' ? undefined : kindOf(given);
    case '[]string':
      return Array.isArray(given) && given.every((one) => typeof one === 'string') ? undefined : kindOf(given);
    default:
      if (typeof given !== 'number') return kindOf(given);
      return Number.isInteger(given) && (type !== 'uint64' || given >= 0) ? undefined : `number ${given}`;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
