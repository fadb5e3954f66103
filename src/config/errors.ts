/**
 * The errors of configuration: every one says where it is and what to do next.
 *
 * `ConfigError` is about a configuration file and carries all its problems at once; `OptionsError` is about one
 * option, wherever it came from. This file owns how they print.
 */

/** One thing wrong in a configuration file. */
export interface ConfigProblem {
  /** Absent (with line and column) where the problem has no place, such as a file that can't be opened. */
  readonly file?: string;
  readonly line?: number;
  /** In bytes; counted from 0 on the first line and from 1 on later ones, as the reference does. */
  readonly column?: number;
  readonly message: string;
  /** What to change, where the message does not say it. */
  readonly remedy?: string;
  /** The line to print, where it is not place and message: parse errors name their line themselves. */
  readonly printed?: string;
}

/**
 * The configuration can't be used. `message` is one problem a line: warnings first as in the reference, and what was
 * only skipped last, so that nobody has to look for the reason behind it.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'INVALID_CONFIG';
  readonly problems: readonly ConfigProblem[];
  /** What was skipped included. */
  readonly warnings: readonly ConfigProblem[];

  constructor(
    problems: readonly ConfigProblem[],
    warnings: readonly ConfigProblem[] = [],
    skipped: readonly ConfigProblem[] = [],
  ) {
    super([...warnings, ...problems, ...skipped].map(formatProblem).join('\n'));
    this.problems = problems;
    this.warnings = [...warnings, ...skipped];
  }
}

/** A step to a value in library options: a key, a position in a list, or a name that users chose. */
export type OptionStep = string | number | { readonly chosen: string };
export type OptionPath = readonly OptionStep[];

/** Names an option in a sentence: as the library does, or as a file does. */
export type NameOf = (...path: OptionPath) => string;
/** `inFile`: for people who wrote a file or flags, not library options. */
export type ErrorText = string | ((nameOf: NameOf, inFile: boolean) => string);

/** An option has a value the broker can't run with. `message` is the reason and the remedy. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly code = 'INVALID_OPTION';
  /** The option as the library spells it, without positions, e.g. `maxPayload` or `authorization.users`. */
  readonly option: string;
  /** What is wrong. */
  readonly reason: string;
  /** What to change. */
  readonly remedy: string;
  readonly #path: OptionPath;
  readonly #texts: readonly [reason: ErrorText, remedy: ErrorText];

  constructor(path: string | OptionPath, reason: ErrorText, remedy: ErrorText) {
    const [said, todo] = [textOf(reason, libraryName), textOf(remedy, libraryName)];
    super(withRemedy(said, todo));
    this.#path = typeof path === 'string' ? [path] : path;
    this.#texts = [reason, remedy];
    this.option = libraryName(...this.#path.filter((step) => typeof step !== 'number'));
    this.reason = said;
    this.remedy = todo;
  }

  /** Where the value is, positions included. */
  get path(): OptionPath {
    return this.#path;
  }

  /** The same for people who wrote a file or flags: options under the names they have there. */
  inFile(): { reason: string; remedy: string; message: string } {
    const [reason, remedy] = this.#texts.map((text) => textOf(text, fileName)) as [string, string];
    return { reason, remedy, message: withRemedy(reason, remedy) };
  }
}

/** `authorization.users[0].allowedConnectionTypes`. */
export function libraryName(...path: OptionPath): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    const key = typeof step === 'string' ? step : step.chosen;
    return name === '' ? key : `${name}.${key}`;
  }, '');
}

/** `authorization.users[0].allowed_connection_types`. */
function fileName(...path: OptionPath): string {
  return libraryName(...path.map((step) => (typeof step === 'string' ? snakeCase(step) : step)));
}

/** What a file calls the option that has this key in the library. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function textOf(text: ErrorText, nameOf: NameOf): string {
  return typeof text === 'string' ? text : text(nameOf, nameOf === fileName);
}

/** `file:line:column: message`, or the message alone, and what to do about it. */
export function formatProblem(problem: ConfigProblem): string {
  const { file = '', line, column = 0, printed, remedy } = problem;
  if (printed !== undefined) return printed;
  const message = remedy === undefined ? problem.message : withRemedy(problem.message, remedy);
  return line === undefined ? message : `${file}:${line}:${column}: ${message}`;
}

function withRemedy(reason: string, remedy: string): string {
  return `${reason}${reason.endsWith('?') ? '' : '.'} ${remedy}`;
}
