import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['cdk/test/**/*.test.ts', 'local/pipeline/**/*.test.ts'],
    globalSetup: 'cdk/test/temporary-directory.ts',
    // One process that loads the CDK once: it takes longer to load than the tests to run.
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    // A synthesis with all checks takes 4 s on two busy cores.
    testTimeout: 60_000,
  },
});
