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

/** Specs that mock a module, or look at all that a process has; the others share two processes. */
const APART = [
  'libs/runner/src/log/readable.spec.ts',
  'libs/bento/src/unregistered-services.spec.ts',
  'libs/model-store/src/write/latest.spec.ts',
  'libs/onnx/src/onnx.runner.spec.ts',
  'libs/python/src/runners.spec.ts',
  'libs/runner/src/runner.definition.spec.ts',
];

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
          exclude: APART,
          // A module is imported once for all files: half of the time was Nest's import in each of them.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'apart', include: APART, sequence: { groupOrder: 0 } },
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
