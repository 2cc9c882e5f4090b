// Run after `nest build`: joins the compiled modules of the libs into a few files, in their places.
// Node takes about half a millisecond to find, read and link each of 470 modules, in each process that
// starts; joined, the libs load in a sixth of that. `nest start` and `nest build` by themselves leave the
// modules as they are, which work the same.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const libs = join(root, 'dist/libs');
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Files of the package by the names that they are imported by. */
const exported = new Map(
  Object.entries(exports).flatMap(([path, { default: file }]) =>
    file === undefined ? [] : [[join(name, path), join(root, file)]],
  ),
);

/** What is started by its file: in a process, or in a thread. */
const STARTED = [
  'runner/src/worker/main.js',
  'onnx/src/onnx.runnable.js',
  'observe/src/tracing/export/export-thread.js',
].map((file) => join(libs, file));

/** Not those of the command line: each command loads its own and no others. */
const entries = [...exported.values(), ...STARTED].filter((file) => !file.includes('/cli/'));

/** The libs by their exported names; all others are somebody else's. */
const ownNames = {
  name: 'own-names',
  resolveId(source) {
    if (exported.has(source)) return exported.get(source);
    return /^[./]/.test(source) ? undefined : { id: source, external: true };
  },
};

/** A module that is somewhere else still finds what lies beside its file. */
const ownUrls = {
  name: 'own-urls',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return undefined;
    const file = JSON.stringify(relative(root, id));
    const url = `new URL(${file}, import.meta.resolve('${name}/package.json')).href`;
    let joined = code;
    // From the last one on, so that the places of the others stay.
    for (const { start, end } of findUrls(this.parse(code)).toReversed())
      joined = joined.slice(0, start) + url + joined.slice(end);
    return { code: joined, map: null };
  },
};

/** The nodes of a syntax tree that are `import.meta.url`, in their order; its text may stand in strings, too. */
function findUrls(node) {
  if (node === null || typeof node !== 'object') return [];
  if (node.type === 'MemberExpression' && node.object.type === 'MetaProperty')
    return node.property.name === 'url' ? [node] : [];
  return Object.values(node).flatMap((value) => findUrls(value));
}

const bundle = await rolldown({
  input: Object.fromEntries(
    entries.map((file) => [relative(libs, file).replace(/\.js$/, ''), file]),
  ),
  platform: 'node',
  // What a module does when it is loaded, decorators for one, is done all the same.
  treeshake: false,
  plugins: [ownNames, ownUrls],
});
await bundle.write({
  dir: libs,
  entryFileNames: '[name].js',
  chunkFileNames: 'joined/[name]-[hash].js',
  keepNames: true,
});
await bundle.close();
