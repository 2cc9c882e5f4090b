import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './cli-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PACKAGES = [
  '@fastify/busboy',
  '@opentelemetry/api',
  '@opentelemetry/resources',
  'class-transformer',
  'class-validator',
  'class-validator-jsonschema',
  'commander',
  'reflect-metadata',
  'secure-json-parse',
  'tar',
  'ulid',
  'yaml',
];

const EXPORT = 'libs/observe/src/tracing/export';
const EXPORTER = '@opentelemetry/exporter-trace-otlp-proto';
const S3 = 'A model at an s3:// address';

let folder: string;

/** The package as it is built, with its dependencies that this needs and none of its optional peers. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-peers-'));
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const lib of ['errors', 'tensor', 'io', 'model-store', 'cli', 'joined']) {
    await cp(join(ROOT, 'dist/libs', lib), join(folder, 'dist/libs', lib), { recursive: true });
  }
  await cp(join(ROOT, 'dist', EXPORT), join(folder, 'dist', EXPORT), { recursive: true });
  for (const scope of ['@fastify', '@opentelemetry']) {
    await mkdir(join(folder, 'node_modules', scope), { recursive: true });
  }
  for (const name of PACKAGES) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
});

afterAll(() => rm(folder, { recursive: true }));

async function answer(call: string): Promise<unknown> {
  const code = `
    import * as io from 'bentonest/io';
    import * as tensor from 'bentonest/tensor';
    import { ModelStore } from 'bentonest/model-store';
    const { ThreadExporter } = await import('./dist/${EXPORT}/thread-exporter.js');
    const form = { contentType: 'image/png', headers: {}, body: Buffer.from('\\x89PNG\\r\\n\\x1a\\n', 'latin1') };
    const pixels = new tensor.NdArray('uint8', new Uint8Array(3), [1, 1, 3]);
    const frame = tensor.DataFrame.from({ a: [1] });
    const store = new ModelStore({ home: 'home' });
    const answer = await (${call}).catch(({ code, statusCode, message }) => ({ code, statusCode, message }));
    console.log(JSON.stringify(answer));`;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

it.each([
  ['tensor.encodeArrow(frame)', 'apache-arrow', 'application/vnd.apache.arrow.stream'],
  ['tensor.decodeArrow(Buffer.alloc(9))', 'apache-arrow', 'application/vnd.apache.arrow.stream'],
  ['tensor.encodeParquet(frame)', 'hyparquet-writer', 'application/vnd.apache.parquet'],
  ['tensor.decodeParquet(Buffer.alloc(9))', 'hyparquet', 'application/vnd.apache.parquet'],
  ['(async () => io.image().decode(form))()', 'sharp', 'image()'],
  ["(async () => io.image().encode(pixels, 'image/png'))()", 'sharp', 'image()'],
  ['ThreadExporter.start({ exporter: {}, resource: {} })', EXPORTER, "tracing.exporter: 'otlp'"],
  ["store.import('s3://models/iris.bentomodel')", '@aws-sdk/client-s3', S3],
  ["store.import('s3://models/iris.onnx')", '@aws-sdk/client-s3', S3],
  [
    "store.save('a', { x: Buffer.alloc(1) }).then(({ tag }) => store.export(tag, 's3://models/a.tar'))",
    '@aws-sdk/client-s3',
    S3,
  ],
])('%s says that %s is to be installed', async (call, name, feature) => {
  expect(await answer(call)).toEqual({
    code: 'MISSING_PEER',
    statusCode: 500,
    message: `${feature} needs the package ${name}. Run: npm install ${name}`,
  });
});

it.each([
  ['pull', 's3://models/iris.tar'],
  ['import', 's3://models/iris.onnx'],
])('models %s says so in a line, and keeps nothing', async (...command) => {
  const home = join(folder, 'empty');
  const main = join(folder, 'dist/libs/cli/src/main.js');
  const args = ['models', ...command, '--home', home];
  expect(await run(process.execPath, [main, ...args])).toEqual({
    code: 1,
    stdout: '',
    stderr: `bentonest: ${S3} needs the package @aws-sdk/client-s3. Run: npm install @aws-sdk/client-s3\n`,
  });
  expect(await readdir(home, { recursive: true })).toEqual(['.staging']);
});

it('reads and writes JSON and CSV all the same', async () => {
  const call = 'tensor.parseCsvFrame(Buffer.from(tensor.stringifyCsvFrame(frame)))';
  expect(await answer(call)).toEqual([{ a: 1 }]);
});
