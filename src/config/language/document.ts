/**
 * Builds the tree of a document from what the grammar finds: assigns values to keys, looks up variables, merges
 * included files. A duplicate key replaces the earlier one.
 *
 * Keys wait on one stack for the whole document, not one per map. So a key that never gets a value shifts the ones
 * around it, exactly as in the reference, whose digests would differ otherwise.
 */

import { parseInteger } from '../integer.js';
import type { Place } from './cursor.js';
import type { Sink } from './grammar.js';
import { type ConfigMap, type ConfigNode, type ConfigValue, SyntaxProblem } from './nodes.js';
import type { ScalarKind } from './values.js';

/** How a document reaches beyond its own text. */
export interface DocumentContext {
  /** The value of an environment variable, parsed as a configuration value; undefined when it is not set. */
  environment(name: string): ConfigValue | undefined;
  /** The top-level map of an included file. */
  included(path: string): ConfigMap;
  /** Whether values of this key may be secrets, which errors must not show. */
  isSecret(key: string): boolean;
}

/** Such strings are password hashes, not variables. */
const BCRYPT = /^2[abxy]\$/;

interface Key {
  name: string;
  at: Place;
}

export class Document implements Sink {
  readonly root: ConfigMap = new Map();
  private readonly open: (ConfigMap | ConfigNode[])[] = [this.root];
  private readonly keys: Key[] = [];

  constructor(
    private readonly file: string,
    private readonly context: DocumentContext,
  ) {}

  key(name: string, at: Place): void {
    this.keys.push({ name, at });
  }

  openMap(): void {
    this.open.push(new Map());
  }

  closeMap(at: Place): void {
    this.close(at);
  }

  openArray(): void {
    this.open.push([]);
  }

  closeArray(at: Place): void {
    this.close(at);
  }

  scalar(kind: ScalarKind, text: string, at: Place): void {
    if (kind === 'variable') this.assign({ ...this.variable(text, at), valueColumn: at.column - '$'.length });
    else this.assign(this.node(this.read(kind, text, at), at));
  }

  include(path: string): void {
    for (const [name, node] of this.context.included(path)) {
      this.keys.push({ name, at: { line: node.line, column: node.column } });
      this.assign(node);
    }
  }

  private close(at: Place): void {
    const finished = this.open.pop();
    if (finished !== undefined) this.assign(this.node(finished, at));
  }

  private node(value: ConfigValue, at: Place): ConfigNode {
    return newNode(value, this.file, at);
  }

  private assign(node: ConfigNode): void {
    const container = this.open[this.open.length - 1];
    if (Array.isArray(container)) {
      container.push(node);
      return;
    }
    const key = this.keys.pop();
    if (container === undefined || key === undefined) throw this.problem('config is invalid', node);
    // The place of a value in a map is that of its key: that is where people look.
    const { line, column } = key.at;
    node.line = line;
    node.column = column;
    if (typeof node.value === 'object' && !(node.value instanceof Date)) {
      node.valueLine = line;
      node.valueColumn = column;
    }
    container.set(key.name, node);
  }

  private read(kind: Exclude<ScalarKind, 'variable'>, text: string, at: Place): ConfigValue {
    switch (kind) {
      case 'string':
        return text;
      case 'bool':
        return /^(true|yes|on)$/i.test(text);
      case 'integer': {
        const outcome = parseInteger(text);
        if ('value' in outcome) return outcome.value;
        const reason = outcome.error === 'range' ? 'out of the range' : '';
        const shown = this.shown(text);
        throw this.problem(reason ? `integer '${shown}' is ${reason}` : `expected integer, but got '${shown}'`, at);
      }
      case 'float': {
        if (!/^-?[0-9]+\.[0-9]+$/.test(text)) throw this.problem(`expected float, but got '${this.shown(text)}'`, at);
        const float = Number(text);
        if (!Number.isFinite(float)) throw this.problem(`float '${this.shown(text)}' is out of the range`, at);
        return float;
      }
      case 'date': {
        const date = new Date(text);
        const same = !Number.isNaN(date.getTime()) && `${date.toISOString().slice(0, 19)}Z` === text;
        if (!same) throw this.problem(`expected Zulu formatted DateTime, but got '${this.shown(text)}'`, at);
        return date;
      }
    }
  }

  /** From the innermost map outward, then the environment. Only what was written before it can be found. */
  private variable(name: string, at: Place): ConfigNode {
    if (BCRYPT.test(name)) return this.node(`$${name}`, at);
    for (const container of this.open.toReversed()) {
      const found = container instanceof Map ? container.get(name) : undefined;
      if (found !== undefined) {
        found.usedAsVariable = true;
        return { ...this.node(found.value, at), variable: { name, definition: found } };
      }
    }
    let value: ConfigValue | undefined;
    try {
      value = this.context.environment(name);
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      const reason = `could not be parsed: ${error.message}`;
      throw this.problem(`variable reference for '${name}' on line ${at.line} ${reason}`, at);
    }
    if (value === undefined)
      throw this.problem(`variable reference for '${name}' on line ${at.line} can not be found`, at);
    return { ...this.node(moved(value, this.file, at), at), variable: { name } };
  }

  /** The text of a value as an error may show it. */
  private shown(text: string): string {
    return this.keys.some(({ name }) => this.context.isSecret(name)) ? '[REDACTED]' : text;
  }

  private problem(message: string, { line, column }: Place): SyntaxProblem {
    return new SyntaxProblem(message, this.file, line, column);
  }
}

function newNode(value: ConfigValue, file: string, { line, column }: Place): ConfigNode {
  return { value, file, line, column, valueLine: line, valueColumn: column, usedAsVariable: false };
}

/** A value out of the environment, with every part of it placed where the variable stands. */
function moved(value: ConfigValue, file: string, at: Place): ConfigValue {
  const move = (node: ConfigNode): ConfigNode => {
    const { usedAsVariable } = node;
    return { ...newNode(moved(node.value, file, at), file, at), usedAsVariable };
  };
  if (Array.isArray(value)) return value.map(move);
  if (value instanceof Map) return new Map([...value].map(([name, node]) => [name, move(node)]));
  return value;
}
