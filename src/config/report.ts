/**
 * Gathers what is wrong while a configuration is read, so that one run shows everything.
 *
 * Knows the difference between an error, a warning, and a feature that is not there yet, which is an error unless the
 * user asked to have such options skipped.
 */

import type { ConfigProblem } from './errors.js';
import { type ConfigNode, type ConfigValue, kindOf } from './language/nodes.js';
import type { Support } from './spec.js';
import { didYouMean } from './suggest.js';
import { quote } from './text.js';

export class Report {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  /** Options that were skipped because the user allowed it. */
  readonly skipped: ConfigProblem[] = [];
  /** Those among them that decide who may connect, as written. */
  readonly skippedGuards: string[] = [];

  readonly #allowUnsupported: boolean;

  constructor(allowUnsupported: boolean) {
    this.#allowUnsupported = allowUnsupported;
  }

  /** A report about what is inside an option that is not supported: only its mistakes count. */
  ofUnsupported(): Report {
    return new MistakesOnly(this);
  }

  /** Returns nothing, so that a reader can end with it. */
  error(node: ConfigNode, message: string): undefined {
    this.problems.push(at(node, message));
    return undefined;
  }

  warn(node: ConfigNode, field: string, reason: string): void {
    this.warnings.push(at(node, `invalid use of field ${quote(field)}: ${reason}`));
  }

  /** Names that are used as variables need not be options. */
  unknownField(node: ConfigNode, name: string, known: readonly string[], message?: string): void {
    if (node.usedAsVariable) return;
    this.error(node, `${message ?? `unknown field ${quote(name)}`}${didYouMean(name, known)}`);
  }

  /** `hidden`: the value is a secret, or may hold one; only its type is shown. */
  wrongType(node: ConfigNode, name: string, expected: string, hidden = false): undefined {
    const got = hidden ? kindOf(node.value) : described(node.value);
    return this.error(node, `${name} must be ${expected}, but got ${got}`);
  }

  /** An option that does not work is refused, or noted as skipped; `guards`: it decides who may connect. */
  unsupported(node: ConfigNode, name: string, support: Exclude<Support, 'yes'>, guards: boolean): void {
    if (guards && this.#allowUnsupported) this.skippedGuards.push(name);
    const sentence = support.notYet;
    if (this.#allowUnsupported) this.skipped.push(at(node, `ignoring ${quote(name)}: ${sentence}`));
    else this.error(node, `${quote(name)} can't be used: ${sentence} (--allow-unsupported skips it)`);
  }
}

class MistakesOnly extends Report {
  readonly #outer: Report;

  constructor(outer: Report) {
    super(true);
    this.#outer = outer;
  }

  override error(node: ConfigNode, message: string): undefined {
    return this.#outer.error(node, message);
  }

  override ofUnsupported(): Report {
    return this;
  }
}

function at(node: ConfigNode, message: string): ConfigProblem {
  return { file: node.file, line: node.line, column: node.column, message };
}

function described(value: ConfigValue): string {
  if (typeof value === 'string') return `the string ${quote(value)}`;
  if (typeof value === 'bigint' || typeof value === 'number') return `${kindOf(value)}, ${value}`;
  if (typeof value === 'boolean') return `${value}`;
  return kindOf(value);
}
