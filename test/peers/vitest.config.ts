import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests against other people's programs, installed by `tools/peers/`. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/peers/**/*.test.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    // A peer is installed before its first test: hundreds of megabytes, once.
    hookTimeout: 900_000,
  },
});
