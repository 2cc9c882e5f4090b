import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

// `source` makes the package's self-reference (`bentonest/tensor`) resolve to TypeScript.
const conditions = ['source', 'node', 'import', 'default'];

/** Faults whose figure is a time, a rate or memory under load: nothing else runs meanwhile. */
const ALONE = [
  'disconnect',
  'hang',
  'hostile-bodies',
  'idle-connections',
  'memory',
  'overload',
  'pre-stop',
  'restart',
  'shedding',
  'shutdown',
  'shutdown-connections',
  'slow-clients',
  'worker-*',
].map((name) => `test/faults/${name}.e2e-spec.ts`);

/** Begun first, the longest ahead: what is long and begun last runs on when all others have ended. */
const LONG = [
  'test/faults/load-failure.e2e-spec.ts',
  'test/e2e/pool.e2e-spec.ts',
  'test/e2e/cli-new.e2e-spec.ts',
  'test/faults/api-processes.e2e-spec.ts',
  'test/e2e/serve-options.e2e-spec.ts',
  'test/faults/python-mounts.e2e-spec.ts',
  'test/e2e/cli-schematics.e2e-spec.ts',
  'test/faults/shutdown-forced.e2e-spec.ts',
  'test/e2e/life-cycle.e2e-spec.ts',
  'test/e2e/python-sklearn.e2e-spec.ts',
  'test/e2e/npm-start.e2e-spec.ts',
  'test/faults/mutated-bodies.e2e-spec.ts',
  'libs/mount/src/process/app-supervisor.spec.ts',
  'libs/io/src/dto/compiled-dto.spec.ts',
];

/** Vitest goes by the times of earlier runs, which a fresh clone has none of. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index === -1 ? LONG.length : index;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- the sort of the base class, which is no array
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Specs that mock a module, or look at all that a process has; the others share two processes. */
const APART = [
  'libs/runner/src/log/readable.spec.ts',
  'libs/bento/src/unregistered-services.spec.ts',
  'libs/model-store/src/write/latest.spec.ts',
  'libs/onnx/src/onnx.runner.spec.ts',
  'libs/python/src/runners.spec.ts',
  'libs/runner/src/runner.definition.spec.ts',
  'libs/serving/src/http/addresses.spec.ts',
];

/** By default Vitest leaves one core alone, which of two is half. */
const UNIT_WORKERS = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,libs,test}/**/*.spec.ts'],
          exclude: APART,
          // A module is imported once for all files: half of the time was Nest's import in each of them.
          isolate: false,
          maxWorkers: UNIT_WORKERS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: APART,
          maxWorkers: UNIT_WORKERS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Starts the built server as a process: a third of the time of a file is waiting for it.
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/{e2e,faults,interop}/**/*.e2e-spec.ts'],
          exclude: ALONE,
          maxWorkers: 3,
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
