import { defineConfig } from 'vitest/config';

// `source` makes the package's self-reference (`bentonest/tensor`) resolve to TypeScript.
const conditions = ['source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{src,libs,test}/**/*.spec.ts'] },
      },
      {
        // Starts the built server as a process: one file at a time, on machines with two cores.
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e-spec.ts'],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
