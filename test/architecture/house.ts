import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The house: the libs that each lib may import. An edge goes only to a row above, so no cycle can
 * form. Held here once; `.oxlintrc.json` cannot import it, so architecture.spec.ts holds the two
 * together. A row may stand here before its folder does: it counts from the day the folder exists.
 */
export const HOUSE: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  config: ['errors'],
  tensor: ['errors'],
  'model-store': ['errors'],
  io: ['tensor', 'errors'],
  runner: ['tensor', 'errors'],
  onnx: ['runner', 'model-store', 'tensor', 'errors'],
  python: ['runner', 'model-store', 'tensor', 'errors'],
  serving: ['io', 'runner', 'model-store', 'tensor', 'errors'],
  mount: ['serving', 'python', 'runner', 'model-store', 'errors'],
  observe: ['serving', 'runner', 'errors'],
  bento: [
    'observe',
    'serving',
    'mount',
    'python',
    'onnx',
    'runner',
    'io',
    'model-store',
    'tensor',
    'config',
    'errors',
  ],
  cli: ['runner', 'model-store', 'config', 'errors'],
  testing: ['runner'],
};

/** What the worker process loads: never the index of a lib that brings Nest with it. */
export const CHILD_SUBPATHS = ['bentonest/runnable', 'bentonest/tensor', 'bentonest/errors'];

/** One specifier of each package that a layer may be closed to. */
export const PACKAGES = [
  '@nestjs/common',
  'rxjs',
  'fastify',
  '@nestjs/swagger',
  'prom-client',
  '@willsoto/nestjs-prometheus',
  'onnxruntime-node',
  'vitest',
];

export const SERVER_PACKAGES = PACKAGES.slice(0, 4);
export const METRICS_PACKAGES = PACKAGES.slice(4, 6);

export interface ExportTarget {
  readonly source: string;
  readonly types: string;
  readonly default: string;
}

const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
  exports: Record<string, ExportTarget | string>;
};

/** Every subpath that is code, by the name it is imported by: `bentonest/tensor` → its files. */
export const SUBPATHS: ReadonlyMap<string, ExportTarget> = new Map(
  Object.entries(exports).flatMap(([key, target]) =>
    typeof target === 'string' ? [] : [[key.replace(/^\./, 'bentonest'), target]],
  ),
);

/** The lib that a subpath belongs to: `bentonest/runnable` is a door of libs/runner. */
export function libOf(specifier: string): string | undefined {
  return SUBPATHS.get(specifier)?.source.split('/')[2];
}

/** Runnables of the libs and of the demo, as paths from the root. */
export const RUNNABLES: readonly string[] = ['libs', 'src'].flatMap((folder) =>
  existsSync(ROOT + folder)
    ? readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.runnable.ts'))
        .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    : [],
);

/** The libs that exist. */
export const LIBS: readonly string[] = readdirSync(`${ROOT}libs`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
