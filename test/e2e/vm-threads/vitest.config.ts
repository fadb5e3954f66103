/** One test file in the pool `vmThreads`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/e2e/vm-threads/*.fixture.ts'], pool: 'vmThreads' } });
