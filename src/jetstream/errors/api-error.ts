/**
 * An error that the JetStream API answers with: a row of the table with its placeholders filled in.
 *
 * `table.json` is where codes and texts are kept; `codes.ts` is made of it.
 */
import { API_ERRORS } from './codes.js';

export type ApiErrorName = keyof typeof API_ERRORS;

/** The names in braces of a text. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Filling<Name extends ApiErrorName> = Placeholders<(typeof API_ERRORS)[Name]['text']>;

/** What fills the placeholders of a text; an error without placeholders takes no second argument. */
type Arguments<Name extends ApiErrorName> = [Filling<Name>] extends [never]
  ? []
  : [filling: Readonly<Record<Filling<Name>, string | number | bigint>>];

/** As it goes to a client. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Its name in the table. */
    readonly kind: ApiErrorName,
    readonly code: number,
    readonly errCode: number,
    description: string,
  ) {
    super(description);
  }

  get description(): string {
    return this.message;
  }
}

export function apiError<Name extends ApiErrorName>(name: Name, ...[filling]: Arguments<Name>): ApiError {
  const { code, errCode, text } = API_ERRORS[name];
  const values: Readonly<Record<string, unknown>> = filling ?? {};
  const description = text.replace(/\{(\w+)\}/g, (_, placeholder: string) => String(values[placeholder]));
  return new ApiError(name, code, errCode, description);
}

/** A stream's configuration that can't be. */
export function invalidConfig(problem: string): ApiError {
  return apiError('streamInvalidConfig', { err: problem });
}
