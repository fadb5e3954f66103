/**
 * The sub-command `nats-turbo doctor`: arguments in, findings as text or JSON out, exit code 1 when there is a
 * problem. A configuration that the broker refuses is the first finding; the machine is checked all the same.
 */

import { mergeOptions } from '../config/configure.js';
import { ConfigError, formatProblem, OptionsError } from '../config/errors.js';
import { parseFlags } from '../config/flags.js';
import { type ConfigMap, SyntaxProblem } from '../config/language/nodes.js';
import { type Environment, hostEnvironment, parseFile } from '../config/language/parse.js';
import { rowNamed } from '../config/names.js';
import { readOptions } from '../config/read-options.js';
import { Report } from '../config/report.js';
import { resolveOptions } from '../config/resolve.js';
import type { BrokerOptions } from '../config/types.js';
import { explain } from '../explain/explain.js';
import type { CheckInput } from './check-input.js';
import { type Finding, ok, problem, warning } from './finding.js';
import { localMachine } from './local-machine.js';
import type { Machine } from './machine.js';
import { runChecks } from './run-checks.js';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export const DOCTOR_USAGE = `Usage:
  nats-turbo doctor [-c FILE] [flags] [--json]
      looks for what would go wrong with this configuration on this machine
      exit code: 0 no problem (there may be warnings), 1 at least one problem

The flags are those of nats-turbo itself and count as if the server were started with them.
`;

/** `args` is what follows the word `doctor`. */
export async function doctorCommand(
  args: readonly string[],
  machine: Machine = localMachine,
  environment?: Environment,
): Promise<Outcome> {
  const argv = args.filter((argument) => !/^--?json$/.test(argument));
  const command = parseFlags(argv);
  if (command.action === 'help') return { code: 0, stdout: DOCTOR_USAGE, stderr: '' };
  if (command.action === 'usage') return { code: 1, stdout: '', stderr: `${command.message}\n${DOCTOR_USAGE}` };
  if (command.action === 'error') return { code: 1, stdout: '', stderr: `${command.message}\n` };
  if (command.action !== 'run') return { code: 1, stdout: '', stderr: DOCTOR_USAGE };
  const { input, findings } = readInput(command.options, argv, environment);
  findings.push(...(await runChecks(input, machine)));
  const code = findings.some(({ level }) => level === 'problem') ? 1 : 0;
  return { code, stdout: argv.length < args.length ? findingsJson(findings) : findingsText(findings), stderr: '' };
}

/** The findings about the configuration itself, and the input of the other checks: as much as could be read. */
function readInput(
  options: BrokerOptions,
  argv: readonly string[],
  environment?: Environment,
): { input: CheckInput; findings: Finding[] } {
  const file = options.configFile ? { file: options.configFile } : {};
  const check = options.configFile ? `configuration ${options.configFile}` : 'configuration';
  try {
    const { resolved, root, entries, warnings } = explain({ options, argv, ...(environment && { environment }) });
    const setNames = new Set(entries.filter(({ origin }) => origin.kind !== 'default').map(({ name }) => name));
    const advice = 'Correct it if it is not meant so: the broker starts all the same.';
    const findings = warnings.map((text) => warning(check, text, advice));
    if (findings.length === 0) findings.push(ok(check, 'can be used'));
    return { input: { ...file, options: resolved, root, setNames }, findings };
  } catch (error) {
    const findings = refusalFindings(check, error);
    return { input: { ...file, ...partialInput(options, environment) }, findings };
  }
}

/** The options of a refused configuration as far as they are valid; the defaults when none of them can be used. */
function partialInput(options: BrokerOptions, environment?: Environment): Omit<CheckInput, 'file'> {
  const root = parseOrEmpty(options.configFile, environment);
  const written = mergeOptions(readOptions(root, new Report(true)), options);
  const setNames = new Set([...root.keys()].flatMap((name) => rowNamed(name)?.name ?? []));
  for (const attempt of [written, options, {}]) {
    try {
      return { options: resolveOptions(attempt), root, setNames };
    } catch (error) {
      if (!(error instanceof OptionsError)) throw error;
    }
  }
  throw new Error('the default options are invalid');
}

function parseOrEmpty(file: string | undefined, environment?: Environment): ConfigMap {
  if (file === undefined) return new Map();
  try {
    return parseFile(file, hostEnvironment(environment));
  } catch (error) {
    if (error instanceof SyntaxProblem) return new Map();
    throw error;
  }
}

function refusalFindings(check: string, error: unknown): Finding[] {
  const todo = 'Correct it: the broker does not start with it.';
  if (error instanceof ConfigError) {
    const warnings = error.warnings.map((text) => warning(check, formatProblem(text), 'Correct it.'));
    const problems = error.problems.map(({ remedy = todo, ...found }) => problem(check, formatProblem(found), remedy));
    return [...problems, ...warnings];
  }
  if (error instanceof OptionsError) {
    const { reason, remedy } = error.inFile();
    return [problem(check, reason, remedy)];
  }
  throw error;
}

const LABELS = { ok: 'ok     ', warning: 'WARNING', problem: 'PROBLEM' } as const;

function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, level, message, todo }) => [
    `${LABELS[level]}  ${check}: ${message}`,
    ...(todo === undefined ? [] : [`         ${todo}`]),
  ]);
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const counted = (level: Finding['level']) => `${count(level)} ${level}${count(level) === 1 ? '' : 's'}`;
  lines.push('', `${counted('problem')}, ${counted('warning')}, ${count('ok')} ok`);
  return `${lines.join('\n')}\n`;
}

function findingsJson(findings: readonly Finding[]): string {
  const healthy = findings.every(({ level }) => level !== 'problem');
  return `${JSON.stringify({ healthy, findings }, undefined, 2)}\n`;
}
