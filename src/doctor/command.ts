/**
 * The sub-command `nats-turbo doctor`: arguments in, findings as text or JSON out, exit code 1 when there is a
 * problem. A configuration that can't be used is the first finding, and the machine is looked at all the same.
 */

import { mergeOptions } from '../config/configure.js';
import { ConfigError, formatProblem, OptionsError } from '../config/errors.js';
import { parseFlags } from '../config/flags.js';
import { type ConfigMap, SyntaxProblem } from '../config/language/nodes.js';
import { type Environment, parseFile, realWorld } from '../config/language/parse.js';
import { ROW_NAMED } from '../config/names.js';
import { readOptions } from '../config/read-options.js';
import { Report } from '../config/report.js';
import { resolveOptions } from '../config/resolve.js';
import type { BrokerOptions } from '../config/types.js';
import { explain } from '../explain/explain.js';
import { examine } from './examine.js';
import { type Finding, ok, problem, warning } from './finding.js';
import { machine as thisMachine } from './machine.js';
import type { Patient } from './patient.js';
import type { Surroundings } from './surroundings.js';

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
  machine: Surroundings = thisMachine,
  environment?: Environment,
): Promise<Outcome> {
  const argv = args.filter((argument) => !/^--?json$/.test(argument));
  const command = parseFlags(argv);
  if (command.action === 'help') return { code: 0, stdout: DOCTOR_USAGE, stderr: '' };
  if (command.action === 'usage') return { code: 1, stdout: '', stderr: `${command.message}\n${DOCTOR_USAGE}` };
  if (command.action === 'error') return { code: 1, stdout: '', stderr: `${command.message}\n` };
  if (command.action !== 'run') return { code: 1, stdout: '', stderr: DOCTOR_USAGE };
  const { patient, findings } = admit(command.options, argv, environment);
  findings.push(...(await examine(patient, machine)));
  const code = findings.some(({ level }) => level === 'problem') ? 1 : 0;
  return { code, stdout: argv.length < args.length ? findingsJson(findings) : findingsText(findings), stderr: '' };
}

/** What is wrong with the configuration, and what to examine: as much of it as can be understood. */
function admit(
  options: BrokerOptions,
  argv: readonly string[],
  environment?: Environment,
): { patient: Patient; findings: Finding[] } {
  const file = options.configFile ? { file: options.configFile } : {};
  const check = options.configFile ? `configuration ${options.configFile}` : 'configuration';
  try {
    const { resolved, root, entries, warnings } = explain({ options, argv, ...(environment && { environment }) });
    const said = new Set(entries.filter(({ origin }) => origin.kind !== 'default').map(({ name }) => name));
    const advice = 'Correct it if it is not meant so: the broker starts all the same.';
    const findings = warnings.map((text) => warning(check, text, advice));
    if (findings.length === 0) findings.push(ok(check, 'can be used'));
    return { patient: { ...file, options: resolved, root, said }, findings };
  } catch (error) {
    const findings = refusal(check, error);
    return { patient: { ...file, ...salvage(options, environment) }, findings };
  }
}

/** What a refused configuration says all the same; defaults where even that can't be run with. */
function salvage(options: BrokerOptions, environment?: Environment): Omit<Patient, 'file'> {
  const root = understood(options.configFile, environment);
  const written = mergeOptions(readOptions(root, new Report(true)), options);
  const said = new Set([...root.keys()].flatMap((name) => ROW_NAMED.get(name.toLowerCase())?.name ?? []));
  for (const attempt of [written, options, {}]) {
    try {
      return { options: resolveOptions(attempt), root, said };
    } catch (error) {
      if (!(error instanceof OptionsError)) throw error;
    }
  }
  throw new Error('the defaults can not be run with');
}

function understood(file: string | undefined, environment?: Environment): ConfigMap {
  if (file === undefined) return new Map();
  try {
    return parseFile(file, realWorld(environment));
  } catch (error) {
    if (error instanceof SyntaxProblem) return new Map();
    throw error;
  }
}

function refusal(check: string, error: unknown): Finding[] {
  const todo = 'Correct it: the broker does not start with it.';
  if (error instanceof ConfigError) {
    const warnings = error.warnings.map((text) => warning(check, formatProblem(text), 'Correct it.'));
    const problems = error.problems.map(({ remedy = todo, ...found }) => problem(check, formatProblem(found), remedy));
    return [...problems, ...warnings];
  }
  if (error instanceof OptionsError) return [problem(check, error.reason, error.remedy)];
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
