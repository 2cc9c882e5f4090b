import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The real path of a new folder, which the given hook of the test runner deletes. */
export async function temporaryFolder(
  onTestFinished: (cleanUp: () => Promise<void>) => void,
): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'model-store-')));
  onTestFinished(async () => rm(folder, { recursive: true }));
  return folder;
}

/** A model.yaml as BentoML writes it, with other lines where given. */
export function modelYaml(name: string, version: string, lines: Record<string, string> = {}) {
  const fields = {
    name,
    version,
    module: 'bentoml.onnx',
    labels: '{}',
    options: '{}',
    metadata: '{}',
    signatures: '{run: {batchable: true, batch_dim: [0, 0]}}',
    api_version: 'v1',
    creation_time: "'2024-01-15T09:30:00.000000+00:00'",
    ...lines,
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

/** Puts a model into a store, and names it the latest. */
export async function addModel(home: string, name: string, version: string): Promise<string> {
  const folder = join(home, 'models', name, version);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.yaml'), modelYaml(name, version));
  await writeFile(join(folder, 'saved_model.onnx'), `${name}:${version}`);
  await writeFile(join(home, 'models', name, 'latest'), version);
  return folder;
}
