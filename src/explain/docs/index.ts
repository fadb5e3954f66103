/** The generated files: `npm run docs` writes them, a test compares them. Writes nothing itself. */

import { jsonSchema } from './json-schema.js';
import { optionsType } from './options-type.js';
import { configurationPage } from './page.js';

/** By their paths in the repository. */
export function generatedDocs(): Record<string, string> {
  return {
    'docs/configuration.md': configurationPage(),
    'src/config/broker-options.ts': optionsType(),
    'docs/nats-turbo.schema.json': `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
  };
}
