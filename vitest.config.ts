import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['cdk/test/**/*.test.ts', 'local/pipeline/**/*.test.ts'],
    globalSetup: 'cdk/test/temporary-directory.ts',
    // One process that loads the CDK once: it takes longer to load than the tests to run.
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    // Only for what hangs: two syntheses take 20 s alone on two cores, and over a minute beside a compiler.
    testTimeout: 300_000,
  },
});
