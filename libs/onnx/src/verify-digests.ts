import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelLoadError } from './onnx.errors.js';

/**
 * Compares the files of a model's folder with what was saved, before any of them is loaded.
 *
 * @throws ModelLoadError naming the first that is missing or another.
 */
export async function verifyDigests(
  folder: string,
  digests: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [name, saved] of Object.entries(digests)) {
    const found = await digestOf(join(folder, name));
    if (found === saved) continue;
    const got = found === undefined ? 'none that can be read' : 'one with another digest';
    throw new ModelLoadError(
      `Expected the file ${JSON.stringify(name)} as it was saved with the model, got ${got}. Copy or import the model again.`,
      { details: { file: name } },
    );
  }
}

async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch {
    return undefined;
  }
  return `sha256:${hash.digest('hex')}`;
}
