/** Reads and checks query parameters; error messages are those of nats-server. */

/** An invalid parameter: answered with status 400 and the message as text. */
export class BadParameterError extends Error {
  override readonly name = 'BadParameterError';
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export function boolParam(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '';
  if (text === '' || FALSE.has(text)) return false;
  if (TRUE.has(text)) return true;
  throw bad('boolean', name, 'ParseBool', text, 'invalid syntax');
}

const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

export function intParam(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw bad('int', name, 'Atoi', text, 'invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > INT_MAX || value < -INT_MAX - 1n) throw bad('int', name, 'Atoi', text, 'value out of range');
  return Number(value);
}

export function uintParam(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  if (!/^\d+$/.test(text)) throw bad('uint64', name, 'ParseUint', text, 'invalid syntax');
  if (BigInt(text) > UINT_MAX) throw bad('uint64', name, 'ParseUint', text, 'value out of range');
  return Number(text);
}

function bad(type: string, name: string, parser: string, text: string, reason: string): BadParameterError {
  return new BadParameterError(
    `Error decoding ${type} for '${name}': strconv.${parser}: parsing ${JSON.stringify(text)}: ${reason}`,
  );
}

/** The parameter `subs`: false, true or `detail`. */
export function subsParam(query: URLSearchParams): 'none' | 'list' | 'detail' {
  if (query.get('subs')?.toLowerCase() === 'detail') return 'detail';
  return boolParam(query, 'subs') ? 'list' : 'none';
}
