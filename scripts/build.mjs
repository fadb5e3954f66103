/** `npm run build`: everything the package holds. `--force` builds also what is fresh. */
import { prepare } from './lib/prepare.mjs';
import { main } from './lib/run.mjs';
import { toBuild } from './lib/steps.mjs';

await main(() => prepare(toBuild, process.argv.includes('--force')));
