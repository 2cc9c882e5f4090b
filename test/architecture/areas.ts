import {
  CHILD_SUBPATHS,
  HOUSE,
  LIBS,
  METRICS_PACKAGES,
  PACKAGES,
  SERVER_PACKAGES,
  SUBPATHS,
  libOf,
} from './house.js';

/** A part of the repository with its own rule of what may be imported there. */
export interface Area {
  /** A file of that part; the probe is written under this name. */
  readonly file: string;
  /** Specifiers that lint must let pass in it; all others of {@link SPECIFIERS} must be refused. */
  readonly may: readonly string[];
  /** What the message must say where another lib is refused. */
  readonly says?: string;
}

const ESCAPES = ['../../tensor/src/nd-array.js', '../../../libs/tensor/src/nd-array.js'];
const OUT_OF_LIB = ['../../../src/app.module.js', '../../../test/fixtures/slow.runnable.js'];
const OWN_INDEX = ['./index.js', '../index.js'];
const INSIDE = ['./sibling.js', '../wire/frame.js', './folder/index.js', 'node:fs'];

/** One of each kind of import. */
export const SPECIFIERS: readonly string[] = [
  ...SUBPATHS.keys(),
  'bentonest/unheard-of',
  ...PACKAGES,
  ...ESCAPES,
  ...OUT_OF_LIB,
  ...OWN_INDEX,
  ...INSIDE,
];

const without = (refused: readonly string[]): string[] =>
  SPECIFIERS.filter((specifier) => !refused.includes(specifier));

/** Libs that both processes load, and users without Nest as well; and the command, for its start-up. */
const PLAIN = ['errors', 'config', 'tensor', 'io', 'cli'];

function packagesOf(lib: string): readonly string[] {
  if (PLAIN.includes(lib)) return [];
  return lib === 'observe' ? [...SERVER_PACKAGES, ...METRICS_PACKAGES] : SERVER_PACKAGES;
}

function subpathsOf(lib: string): string[] {
  return [...SUBPATHS.keys()].filter((specifier) =>
    HOUSE[lib]?.includes(libOf(specifier) ?? 'no lib'),
  );
}

const layers: Area[] = LIBS.map((lib) => ({
  file: `libs/${lib}/src/edges.ts`,
  may: [...subpathsOf(lib), ...packagesOf(lib), ...INSIDE],
  says: `libs/${lib} may import `,
}));

const pure: Area[] = ['dispatch', 'wire', 'worker', 'runnable'].map((folder) => ({
  file: `libs/runner/src/${folder}/edges.ts`,
  may: [...subpathsOf('runner'), ...INSIDE],
  says: 'libs/runner may import ',
}));

/** The child's own file of a lib, and what a user writes; the worker process loads nothing else. */
const runnables: Area[] = [
  {
    file: 'libs/onnx/src/edges.runnable.ts',
    may: [...CHILD_SUBPATHS, 'onnxruntime-node', ...INSIDE],
    says: 'A runnable, in the worker process, may import ',
  },
  ...['src/iris/edges.runnable.ts', 'test/fixtures/edges.runnable.ts'].map((file) => ({
    file,
    may: [...CHILD_SUBPATHS, ...OUT_OF_LIB, ...OWN_INDEX, ...INSIDE],
    says: 'A runnable, in the worker process, may import ',
  })),
];

/** Users of the libs: all subpaths are open to them, a lib's inner files are not. */
const users: Area[] = [
  { file: 'src/edges.ts', may: without([...ESCAPES, 'onnxruntime-node', 'vitest']) },
  { file: 'libs/tensor/src/edges.spec.ts', may: without([...ESCAPES, 'onnxruntime-node']) },
  { file: 'test/e2e/edges.e2e-spec.ts', may: without([...ESCAPES, 'onnxruntime-node']) },
  { file: 'test/bench/edges.ts', may: without(ESCAPES) },
];

export const AREAS: readonly Area[] = [...layers, ...pure, ...runnables, ...users];

/** A file with one import a line: what lint refuses is told by line. Re-exports need no type. */
export const EVERY_IMPORT = SPECIFIERS.map(
  (specifier, index) => `export { name${index} } from '${specifier}';\n`,
).join('');
