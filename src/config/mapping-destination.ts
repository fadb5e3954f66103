/**
 * What a subject mapping or an import may turn a subject into: text, `$1`, or functions such as `{{partition(3,1,2)}}`.
 *
 * Says what is wrong with a destination, in the reference's words. Compiling and executing belongs to the data plane
 * (native/subject/src/transform), which judges alike; mappings-reference.test.ts compares with nats-server, as the tests
 * there do. Pure functions.
 */

import { isValidSubject } from './subjects.js';

const INVALID_SUBJECT = 'invalid subject';
const ONE_WAY = 'use each wildcard once';
/** What the reference takes for a blank in a destination. */
const BLANKS = '[\\t\\n\\f\\r ]*';
const INT32_MAX = 2n ** 31n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

type Judge = (args: readonly string[]) => Placeholder;

/** The wildcards of the source that a token names, and whether a source without any has room for it. */
interface Placeholder {
  readonly wildcards: readonly bigint[];
  readonly needsWildcards: boolean;
}

class Fault extends Error {}

const WILDCARD = call('wildcard');

/** In the order in which they are looked for: the first that occurs in a token counts. */
const FUNCTIONS: readonly (readonly [RegExp, Judge])[] = [
  [WILDCARD, wildcard],
  [call('partition'), partition],
  ...['splitFromLeft', 'splitFromRight', 'sliceFromLeft', 'sliceFromRight', 'right', 'left'].map(
    (name) => [call(name), cut] as const,
  ),
  [call('split'), split],
  [call('random'), random],
];

/** Each word of a name may start with a capital. */
function call(name: string): RegExp {
  const words = name.replace(/^[a-z]|[A-Z]/g, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  return new RegExp(`\\{\\{${BLANKS}${words}${BLANKS}\\(([^\\n]*)\\)${BLANKS}\\}\\}`);
}

/** Why a source can't be mapped to this destination; undefined where it can. */
export function destinationProblem(source: string, destination: string): string | undefined {
  const tokens = destination.split('.');
  try {
    checkForm(tokens);
    if (!hasShape(tokens) || endsWithTail(source) !== endsWithTail(destination)) return INVALID_SUBJECT;
    const wildcards = BigInt(source.split('.').filter((token) => token === '*').length);
    const isLiteral = wildcards === 0n && !endsWithTail(source);
    for (const token of tokens) checkToken(token, wildcards, isLiteral);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.message === INVALID_SUBJECT ? INVALID_SUBJECT : `invalid mapping destination: ${error.message}`;
  }
  return isValidSubject(source) ? undefined : INVALID_SUBJECT;
}

/**
 * Why subjects can't be imported under these names, which have the wildcards of the subject, or say where they go;
 * undefined where they can. Whoever subscribes to a name has to be told which subject it is, so each wildcard stands
 * there once: nats-server takes it twice, too, and anything at all where the subject has no wildcards.
 */
export function importProblem(subject: string, name: string): string | undefined {
  let wildcard = 0;
  const tokens = name.split('.').map((token) => (token === '*' ? `$${++wildcard}` : token));
  const count = subject.split('.').filter((token) => token === '*').length;
  if (!isValidSubject(tokens.join('.')) || endsWithTail(subject) !== endsWithTail(name)) return INVALID_SUBJECT;
  try {
    const used = tokens.flatMap((token) => wildcardsOfImport(token, BigInt(count)));
    if (used.length < count) fault('not using all of the token wildcard(s)', tokens.join('.'));
    return used.length > count || new Set(used).size < count ? ONE_WAY : undefined;
  } catch (error) {
    if (error instanceof Fault) return `invalid mapping destination: ${error.message}`;
    throw error;
  }
}

function wildcardsOfImport(token: string, count: bigint): readonly bigint[] {
  const { wildcards } = read(token);
  if (isFunction(token) && !WILDCARD.test(token)) {
    fault('the only mapping function allowed for import transforms is {{Wildcard()}}', token);
  }
  const wrong = wildcards.find((wildcard) => wildcard < 1 || wildcard > count);
  if (wrong !== undefined) fault('wildcard index out of range', `${token}: [${wrong}]`);
  return wildcards;
}

/** The pattern of the names that an import gives to subjects. */
export function patternOfNames(name: string): string {
  const tokens = name.split('.');
  return tokens.map((token) => (/^\$[1-9]/.test(token) || WILDCARD.test(token) ? '*' : token)).join('.');
}

function fault(what: string, place = ''): never {
  throw new Fault(place === '' ? what : `${what} in ${place}`);
}

function checkForm(tokens: readonly string[]): void {
  tokens.forEach((token, at) => {
    if (token === '' || tokens[at - 1] === '>') fault('invalid transform', token);
    if (isFunction(token)) {
      if (!FUNCTIONS.some(([pattern]) => pattern.test(token))) fault('unknown function', token);
    } else if (/[\t\n\f\r ]/.test(token)) fault('invalid transform');
  });
}

function hasShape(tokens: readonly string[]): boolean {
  return tokens.every((token, at) => token !== '*' && (token !== '>' || at === tokens.length - 1));
}

function endsWithTail(subject: string): boolean {
  return subject === '>' || subject.endsWith('.>');
}

/** Whether a token has to be a function. */
function isFunction(token: string): boolean {
  return token.length > 4 && token.startsWith('{{') && token.endsWith('}}');
}

function checkToken(token: string, count: bigint, isLiteral: boolean): void {
  const { wildcards, needsWildcards } = read(token);
  if (isLiteral) {
    if (needsWildcards) fault('wildcard index out of range', token);
    return;
  }
  const wrong = wildcards.find((wildcard) => wildcard > count);
  if (wrong !== undefined) fault('wildcard index out of range', `${token}: [${wrong}]`);
}

const TEXT: Placeholder = { wildcards: [], needsWildcards: false };

function read(token: string): Placeholder {
  if (token.startsWith('$')) {
    const wildcard = integer(token.slice(1));
    return wildcard === undefined ? TEXT : { wildcards: [wildcard], needsWildcards: true };
  }
  if (!isFunction(token)) return TEXT;
  for (const [pattern, judge] of FUNCTIONS) {
    const found = pattern.exec(token)?.[1];
    if (found === undefined) continue;
    const [first = '', ...others] = found.split(',');
    try {
      return judge([first, ...others.map((one) => one.replace(/^[\t\n\f\r ]+/, ''))]);
    } catch (error) {
      if (error instanceof Fault) fault(error.message, token);
      throw error;
    }
  }
  return fault('unknown function', token);
}

function wildcard(args: readonly string[]): Placeholder {
  if (args.length > 1) fault('too many arguments passed to the function');
  if (args[0] === '') fault('not enough arguments passed to the function');
  return { wildcards: args.map(number), needsWildcards: true };
}

function partition([count = '', ...wildcards]: readonly string[]): Placeholder {
  ceiling(count);
  return { wildcards: wildcards.map(number), needsWildcards: false };
}

function cut(args: readonly string[]): Placeholder {
  const [wildcard, length] = two(args);
  const wildcards = [number(wildcard)];
  const size = number(length);
  if (size > INT32_MAX || size < -INT32_MAX - 1n) invalidArgument();
  return { wildcards, needsWildcards: true };
}

function split(args: readonly string[]): Placeholder {
  const [wildcard, separator] = two(args);
  const wildcards = [number(wildcard)];
  if (separator.includes(' ')) invalidArgument();
  return { wildcards, needsWildcards: true };
}

function random(args: readonly string[]): Placeholder {
  // As in the reference, this is said about two arguments, too.
  if (args.length !== 1) fault('not enough arguments passed to the function');
  ceiling(args[0] ?? '');
  return TEXT;
}

function two([first, second, ...others]: readonly string[]): [string, string] {
  if (first === undefined || second === undefined) return fault('not enough arguments passed to the function');
  if (others.length > 0) fault('too many arguments passed to the function');
  return [first, second];
}

function ceiling(text: string): void {
  if (number(text) > INT32_MAX) invalidArgument();
}

function number(text: string): bigint {
  return integer(text.replace(/^ +| +$/g, '')) ?? invalidArgument();
}

function invalidArgument(): never {
  return fault('function argument is invalid or in the wrong format');
}

/** Decimal digits with an optional sign. */
function integer(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
}
