/** What a parsed configuration is made of: values that know where they were written. */

export type ConfigMap = Map<string, ConfigNode>;

/** Integers are bigint, floats are number. */
export type ConfigValue = string | bigint | number | boolean | Date | ConfigNode[] | ConfigMap;

export interface ConfigNode {
  readonly value: ConfigValue;
  readonly file: string;
  /** In a map: of the key. In an array: of the value. */
  line: number;
  column: number;
  /** Of the value itself. */
  valueLine: number;
  valueColumn: number;
  /** Set when a `$name` refers to it: such a key need not be an option. */
  usedAsVariable: boolean;
  /** Where the value came from, when it was written as `$name`. */
  readonly variable?: VariableOrigin;
}

/** Where the value of a node begins. Columns count from 1 here; the reference counts those of the first line from 0. */
export function valueAt({ valueLine: line, valueColumn: column }: ConfigNode): { line: number; column: number } {
  return { line, column: line === 1 ? column + 1 : column };
}

export interface VariableOrigin {
  readonly name: string;
  /** The key that it refers to; absent: an environment variable. */
  readonly definition?: ConfigNode;
}

/** The text is not a configuration. `line` is 0 where the problem belongs to no line. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  constructor(
    message: string,
    readonly file: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/** The type of a value as the reference names it in some of its messages. */
export function goTypeOf(value: ConfigValue): string {
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Date) return 'time.Time';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** The kind of a value in messages. */
export function kindOf(value: ConfigValue): string {
  if (typeof value === 'bigint') return 'an integer';
  if (typeof value === 'number') return 'a float';
  if (typeof value === 'boolean') return 'a boolean';
  if (typeof value === 'string') return 'a string';
  if (value instanceof Date) return 'a date';
  return Array.isArray(value) ? 'an array' : 'a map';
}
