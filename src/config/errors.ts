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

/** The configuration can't be used. `message` is one problem a line, warnings first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'INVALID_CONFIG';
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], warnings: readonly ConfigProblem[] = []) {
    super([...warnings, ...problems].map(formatProblem).join('\n'));
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** An option has a value the broker can't run with. `message` is the reason and the remedy. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly code = 'INVALID_OPTION';

  constructor(
    /** The option as the library spells it, e.g. `maxPayload` or `authorization.users`. */
    readonly option: string,
    /** What is wrong. */
    readonly reason: string,
    /** What to change. */
    readonly remedy: string,
  ) {
    super(withRemedy(reason, remedy));
  }
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
