/**
 * An answer of the API: its type, then what was asked for, or what went wrong. Fields that a success always has are
 * written with an error, too, as zeros; whole parts are not.
 */
import type { ApiError } from '../errors/api-error.js';
import { text } from './scalars.js';
import { API_ERROR } from './stream-info.js';
import { type Fields, type Struct, struct, type ValuesOf, writtenFields } from './struct.js';

const PREFIX = 'io.nats.jetstream.api.v1.';

export interface Answer<Body> {
  readonly type: string;
  /** As JSON. */
  success(body: Body): string;
  failure(error: ApiError): string;
}

/**
 * Its fields in their order: `first`, the `part` that only a success has, `last`. `name` is the type without what all types
 * begin with and end with.
 */
export function answer<
  const First extends Fields = Record<never, never>,
  const Part extends Fields = Record<never, never>,
  const Last extends Fields = Record<never, never>,
>(
  name: string,
  { first, part, last }: { readonly first?: First; readonly part?: Struct<Part>; readonly last?: Last } = {},
): Answer<ValuesOf<First> & ValuesOf<Part> & ValuesOf<Last>> {
  const type = `${PREFIX}${name}_response`;
  const head = `"type":${text.write(type)}`;
  const [before, within, after] = [first ?? {}, part?.fields ?? {}, last ?? {}] as const;
  const zeros = [before, after].map((fields) => writtenFields(fields, struct(name, fields).zero()));
  return {
    type,
    success: (body) => object([head, ...[before, within, after].flatMap((fields) => writtenFields(fields, body))]),
    failure: (error) => object([head, `"error":${written(error)}`, ...zeros.flat()]),
  };
}

function written({ code, errCode, description }: ApiError): string {
  return API_ERROR.write({ code: BigInt(code), err_code: BigInt(errCode), description });
}

function object(members: readonly string[]): string {
  return `{${members.join(',')}}`;
}
