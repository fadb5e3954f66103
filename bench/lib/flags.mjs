/** Flags of the scripts in this folder: numbers with a default. */
import { parseArgs } from 'node:util';
import { StepFailed } from '../../scripts/lib/run.mjs';

/** `defaults`: the flags, each with its default. Returns what the command line says, else that. */
export function numberFlags(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: `${value}` }]),
  );
  const { values } = parseArgs({ options });
  for (const [name, value] of Object.entries(values)) {
    if (!(Number(value) >= 1)) throw new StepFailed(`--${name} takes a number of 1 or more`);
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
}
