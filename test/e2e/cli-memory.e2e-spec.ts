import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { ModelStore } from 'bentonest/model-store';
import { Header } from 'tar';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BENTONEST, ROOT, cleanEnvironment, temporaryFolder } from './cli-process.js';

const MIB = 2 ** 20;
/** More than the bound, so that what holds it in memory is caught; a gigabyte takes no more memory. */
const MODEL_MIB = 256;
const BOUND_MIB = 200;

const isLinux = process.platform === 'linux';
if (!isLinux)
  console.warn('SKIPPED: how much memory a process held at most is told by Linux only.');

/** Imports a model, and tells how much memory that took at most. */
async function peakOfImport(source: string, home: string): Promise<number> {
  const preload = join(ROOT, 'test/fixtures/peak-memory.mjs');
  const args = ['--import', preload, BENTONEST, 'models', 'import', source, '--home', home];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const peak = text(child.stdio[3] as Readable);
  expect((await once(child, 'close'))[0]).toBe(0);
  return Number(await peak) / 1024;
}

async function measure(kind: string, source: string): Promise<number> {
  const home = await temporaryFolder(onTestFinished);
  const peak = await peakOfImport(source, home);
  const [model] = await new ModelStore({ home }).list();
  expect(model.sizeBytes).toBeGreaterThan(MODEL_MIB * MIB);
  console.info(
    `import of ${MODEL_MIB} MiB from ${kind}: peak ${peak.toFixed(0)} MiB (bound ${BOUND_MIB})`,
  );
  return peak;
}

const SAVED = join(ROOT, 'test/models/store/models/iris_clf/qojfx7t2csxcqyz4');

const header = (path: string, size: number): Buffer => {
  const block = Buffer.alloc(512);
  new Header({ path, size, mode: 0o644, type: 'File' }).encode(block, 0);
  return block;
};

/** A tar.gz of the model with large weights, as members of gzip one behind another: one is compressed. */
async function writeArchive(path: string): Promise<void> {
  const yaml = await readFile(join(SAVED, 'model.yaml'));
  const padding = Buffer.alloc(512 - (yaml.length % 512));
  const start = [header('model.yaml', yaml.length), yaml, padding];
  // A 32nd of it is noise: what is a hundred times as large as its archive is refused.
  const piece = gzipSync(Buffer.concat([randomBytes(MIB / 32)], MIB));
  await writeFile(path, [
    gzipSync(Buffer.concat([...start, header('weights', MODEL_MIB * MIB)])),
    ...Array<Buffer>(MODEL_MIB).fill(piece),
    gzipSync(Buffer.alloc(1024)),
  ]);
}

/** A valid model with a weight that nobody uses, larger than memory should be: a hole in the file. */
async function writeOnnx(path: string): Promise<void> {
  const whole = await readFile(join(SAVED, 'saved_model.onnx'));
  const size = MODEL_MIB * MIB;
  const file = await open(path, 'w');
  // Field 100 of the model, of so many bytes: protobuf passes by what it does not know.
  const length: number[] = [];
  let rest = size;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  await file.write(Buffer.concat([whole, Buffer.from([0xa2, 0x06, ...length, rest])]));
  await file.truncate(whole.length + 2 + length.length + 1 + size);
  await file.close();
}

describe.skipIf(!isLinux)(
  'an import takes as little memory for a large model as for a small one',
  () => {
    it('as an .onnx file', async () => {
      const file = join(await temporaryFolder(onTestFinished), 'large.onnx');
      await writeOnnx(file);
      expect(await measure('.onnx', file)).toBeLessThan(BOUND_MIB);
    });

    it('through gzip', async () => {
      const archive = join(await temporaryFolder(onTestFinished), 'large.tar.gz');
      await writeArchive(archive);
      expect(await measure('tar.gz', archive)).toBeLessThan(BOUND_MIB);
    });

    it('from a folder', async () => {
      const folder = join(await temporaryFolder(onTestFinished), 'large');
      await cp(SAVED, folder, { recursive: true });
      await writeFile(join(folder, 'weights'), '');
      await truncate(join(folder, 'weights'), MODEL_MIB * MIB);
      expect(await measure('a folder', folder)).toBeLessThan(BOUND_MIB);
    });
  },
);
