/**
 * The sub-command `nats-turbo config`: arguments in, text and exit code out. Prints nothing itself.
 *
 *   config explain [FILE] [flags]   0, or 2 when the configuration can't be used
 *   config diff A B [flags]         0 the same, 1 different, 2 when one of them can't be used
 */

import { ConfigError, OptionsError } from '../config/errors.js';
import { parseFlags } from '../config/flags.js';
import type { Environment } from '../config/language/parse.js';
import { difference } from './diff.js';
import { type Explanation, explain } from './explain.js';
import { differenceJson, differenceText, explanationJson, explanationText } from './text.js';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export const CONFIG_USAGE = `Usage:
  nats-turbo config explain [FILE] [flags] [--json]
      every option with its effective value and where it came from
  nats-turbo config diff FILE-A FILE-B [flags] [--json]
      what a reload from A to B would change, and what needs a restart
      exit code: 0 the same, 1 different, 2 not readable

The flags are those of nats-turbo itself and count as if the server were started with them.
`;

const FAILED = 2;

/** `args` is what follows the word `config`. */
export function configCommand(args: readonly string[], environment?: Environment): Outcome {
  const [verb, ...rest] = args;
  if (verb === undefined || /^(?:help|--?h(?:elp)?)$/.test(verb)) return { code: 0, stdout: CONFIG_USAGE, stderr: '' };
  try {
    if (verb === 'explain') return explainCommand(rest, environment);
    if (verb === 'diff') return diffCommand(rest, environment);
  } catch (error) {
    if (error instanceof Refused) return failed(error.message);
    if (error instanceof ConfigError) return failed(`${error.message}\n`);
    // Flags have the names of a file.
    if (error instanceof OptionsError) return failed(`${error.inFile().message}\n`);
    throw error;
  }
  return failed(`unknown command: config ${verb}\n${CONFIG_USAGE}`);
}

function explainCommand(args: readonly string[], environment?: Environment): Outcome {
  const { words, flags, json } = split(args);
  if (words.length > 1) throw new Refused(`one file at a time\n${CONFIG_USAGE}`);
  const explanation = explained(words[0], flags, environment);
  return { code: 0, stdout: json ? explanationJson(explanation) : explanationText(explanation), stderr: '' };
}

function diffCommand(args: readonly string[], environment?: Environment): Outcome {
  const { words, flags, json } = split(args);
  const [before, after] = words;
  if (words.length !== 2) throw new Refused(`two files are needed\n${CONFIG_USAGE}`);
  const [a, b] = [explained(before, flags, environment), explained(after, flags, environment)];
  const result = difference(a.entries, b.entries);
  const stdout = json ? differenceJson(result) : differenceText(result);
  return { code: result.verdict === 'same' ? 0 : 1, stdout, stderr: '' };
}

/** Messages first, then flags; `--json` anywhere. */
function split(args: readonly string[]): { words: string[]; flags: string[]; json: boolean } {
  const rest = args.filter((argument) => !/^--?json$/.test(argument));
  const first = rest.findIndex((argument) => argument.startsWith('-'));
  const at = first === -1 ? rest.length : first;
  return { words: rest.slice(0, at), flags: rest.slice(at), json: rest.length < args.length };
}

function explained(file: string | undefined, flags: readonly string[], environment?: Environment): Explanation {
  const argv = file === undefined ? flags : ['-c', file, ...flags];
  const command = parseFlags(argv);
  if (command.action === 'help') throw new Refused(CONFIG_USAGE);
  if (command.action === 'usage' || command.action === 'error') throw new Refused(`${command.message}\n`);
  if (command.action !== 'run') throw new Refused('such a flag has no place here\n');
  const { options, warnings } = command;
  const explanation = explain({ options, argv, ...(environment && { environment }) });
  return { ...explanation, warnings: [...warnings, ...explanation.warnings] };
}

function failed(text: string): Outcome {
  return { code: FAILED, stdout: '', stderr: text };
}

/** The command line asks for something that is not there. */
class Refused extends Error {}
