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
        test: {
          name: 'unit',
          include: ['{src,libs,test}/**/*.spec.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Starts the built server as a process: two files at a time, which mostly wait for it.
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/{e2e,interop}/**/*.e2e-spec.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Measures what a fault does: nothing else runs meanwhile.
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.e2e-spec.ts'],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
