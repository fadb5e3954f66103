/**
 * The JSON Schema of the configuration's JSON form, for editors: made from the option table.
 *
 * Strict where the language is lenient: names in lower case, durations as text, no variables (JSON has none). Options
 * whose feature is not there yet are in it as what may not be written, with the reason.
 */

import { TOP_LEVEL } from '../../config/schema.js';
import { type FieldSpec, notYet } from '../../config/spec.js';
import { type BlockType, type NumberType, shortField, type ValueType } from '../../config/value-type.js';

export type Schema = { readonly [keyword: string]: unknown };

const DURATION_TEXT: Schema = {
  type: 'string',
  pattern:
    '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))*$',
};
const PORT: Schema = { type: 'integer', minimum: -1, maximum: 65_535 };
const ADDRESS: Schema = { type: 'string', pattern: '^(\\[[^\\[\\]]*\\]|[^:\\[\\]]*):[+-]?[0-9]+$' };

/** Meanings that many properties share: each stands once in the file. */
class Definitions {
  readonly schemas: Record<string, Schema> = { duration: DURATION_TEXT };

  /** A reference to a block, which is added on its first use. */
  blockOf(block: BlockType): Schema {
    if (!(block.name in this.schemas)) {
      // Said before its fields are looked at, so that the order is that of the table.
      this.schemas[block.name] = {};
      this.schemas[block.name] = closed(this.properties(block));
    }
    return shared(block.name);
  }

  properties({ fields }: BlockType): Record<string, Schema> {
    return Object.assign({}, ...fields.filter(({ inFile }) => inFile !== false).map((field) => this.named(field)));
  }

  /** A property for each of its names. */
  private named(field: FieldSpec): Record<string, Schema> {
    const { name, aliases = [], doc } = field;
    const sentence = notYet(field);
    if (sentence !== undefined) {
      const refused: Schema = { description: `${doc} Refused: ${sentence}.`, not: {} };
      return Object.fromEntries([name, ...aliases].map((spelling) => [spelling, refused]));
    }
    const meaning = { ...defaultOf(field), ...this.of(field.type) };
    const own = { [name]: { description: doc, ...meaning } };
    const others = aliases.map((alias) => [alias, { description: `The same as ${name}. ${doc}`, ...meaning }]);
    return { ...own, ...Object.fromEntries(others) };
  }

  of(type: ValueType): Schema {
    switch (type.kind) {
      case 'bool':
        return { type: 'boolean' };
      case 'text':
        return {
          type: 'string',
          ...(type.pattern && { pattern: type.pattern }),
          ...(type.nonEmpty && { minLength: 1 }),
        };
      case 'int':
      case 'size':
        return numberOf(type);
      case 'port':
        return PORT;
      case 'duration':
        return type.number === 'seconds' ? anyOf(secondsOf(type.warnAboveMs), shared('duration')) : shared('duration');
      case 'address':
        return anyOf(PORT, ADDRESS);
      case 'choice':
        return { enum: type.values };
      case 'list': {
        const list = { type: 'array', items: this.of(type.of) };
        return type.single ? anyOf(this.of(type.of), list) : list;
      }
      case 'map':
        return { type: 'object', additionalProperties: this.of(type.of) };
      case 'block': {
        const short = shortField(type);
        const others = [...(type.onOff ? [{ type: 'boolean' }] : []), ...(short ? [this.of(short.type)] : [])];
        return others.length === 0 ? this.blockOf(type) : anyOf(...others, this.blockOf(type));
      }
      case 'either':
        return anyOf(...type.of.map((one) => this.of(one)));
      case 'any':
        return {};
    }
  }
}

export function jsonSchema(top: BlockType = TOP_LEVEL): Schema {
  const definitions = new Definitions();
  const properties = definitions.properties(top);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'nats-turbo',
    description: 'The configuration of nats-turbo in its JSON form.',
    ...closed(properties),
    definitions: definitions.schemas,
  };
}

function numberOf({ negative, max, minInFile }: NumberType): Schema {
  const minimum = minInFile ?? (negative === 'kept' ? undefined : 0);
  return {
    type: 'integer',
    ...(minimum !== undefined && { minimum }),
    ...(max !== undefined && { maximum: max }),
  };
}

function secondsOf(maxMs: number | undefined): Schema {
  return { type: 'number', minimum: 0, ...(maxMs !== undefined && { maximum: maxMs / 1000 }) };
}

function shared(name: string): Schema {
  return { allOf: [{ $ref: `#/definitions/${name}` }] };
}

function anyOf(...schemas: readonly Schema[]): Schema {
  return { anyOf: schemas };
}

function closed(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties, additionalProperties: false };
}

/** Defaults that are written in JSON as the table has them. */
function defaultOf({ type, default: value }: FieldSpec): Schema {
  return value === undefined || typeof value === 'object' || type.kind === 'duration' ? {} : { default: value };
}
