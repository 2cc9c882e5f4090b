import { defineConfig } from 'vitest/config';

// `source` makes the package's self-reference (`bentonest/tensor`) resolve to TypeScript.
const conditions = ['source', 'node', 'import', 'default'];

/** Faults whose figure is a time, a rate or memory under load: nothing else runs meanwhile. */
const MEASURED = [
  'api-processes',
  'disconnect',
  'hang',
  'hostile-bodies',
  'idle-connections',
  'memory',
  'overload',
  'parent-killed',
  'pre-stop',
  'restart',
  'shedding',
  'shutdown*',
  'slow-clients',
  'worker-*',
].map((name) => `test/faults/${name}.e2e-spec.ts`);
/** It builds, which takes away what others run. */
const ALONE = [...MEASURED, 'test/e2e/npm-start.e2e-spec.ts'];

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
          include: ['test/{e2e,faults,interop}/**/*.e2e-spec.ts'],
          exclude: ALONE,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ALONE,
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
