import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { modelYaml, temporaryFolder } from './model-store.fixture.js';
import { ModelStore } from './model-store.js';

let home: string;
let outside: string;
let store: ModelStore;

beforeEach(async () => {
  home = await temporaryFolder(onTestFinished);
  outside = await temporaryFolder(onTestFinished);
  store = new ModelStore({ home });
});

async function expectNothing(): Promise<void> {
  expect(await store.list()).toEqual([]);
  expect(await readdir(join(home, '.staging')).catch(() => [])).toEqual([]);
}

describe('a source that cannot be read is named, and the store is not blamed', () => {
  it.each(['model.bentomodel', 'model.onnx'])('a socket as %s', async (name) => {
    const path = join(outside, name);
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await expect(store.import(path)).rejects.toMatchObject({
      code: 'INVALID_MODEL_SOURCE',
      message: `Expected to read "${name}", got ENXIO. Check that it is a file, and its permissions.`,
    });
    await expectNothing();
  });

  // Root reads what nobody may.
  it.skipIf(process.getuid?.() === 0)('a file, an archive', async () => {
    const folder = join(outside, 'model');
    await mkdir(folder);
    await writeFile(join(folder, 'model.yaml'), modelYaml('a', 'v1'));
    await writeFile(join(folder, 'weights'), 'x');
    await chmod(join(folder, 'weights'), 0);
    for (const source of [folder, join(folder, 'weights')]) {
      await expect(store.import(source)).rejects.toMatchObject({
        code: 'INVALID_MODEL_SOURCE',
        message: expect.stringContaining('"weights", got EACCES') as string,
      });
    }
    await expectNothing();
  });
});

it.each(['model.bentomodel', 'model.onnx'])(
  'an S3 server that hangs up within %s is told',
  async (name) => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write(Buffer.alloc(2048), () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(store.import(`s3://models/${name}`)).rejects.toMatchObject({
      code: 'MODEL_TRANSFER',
      message: `Could not get s3://models/${name}: ECONNRESET. Check address, network and AWS_ENDPOINT_URL.`,
    });
    await expectNothing();
  },
);
