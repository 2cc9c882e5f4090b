import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { modelYaml, temporaryFolder } from './model-store.fixture.js';
import { ModelStore } from './model-store.js';
import { TENSOR, external, field, model, value } from './onnx-file/onnx-file.fixture.js';

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

/** An .onnx file whose weights are in files of these names. */
function onnxWith(...names: readonly string[]): Buffer {
  return model([...names.map((name) => field(5, external(name))), field(12, value('y', TENSOR))]);
}

describe('external data of an .onnx file', () => {
  const notOwn = (name: string): string => `a file in its own folder, got "${name}"`;

  it('comes along, from folders below it too', async () => {
    await writeFile(join(outside, 'net.onnx'), onnxWith('w.bin', 'sub/w.bin'));
    await mkdir(join(outside, 'sub'));
    await writeFile(join(outside, 'w.bin'), 'one');
    await writeFile(join(outside, 'sub/w.bin'), 'two');
    const { folder } = await store.import(join(outside, 'net.onnx'));
    expect(await readFile(join(folder, 'sub/w.bin'), 'utf8')).toBe('two');
  });

  it('is refused where a link or a name leaves its folder, and where it is missing', async () => {
    const secret = await temporaryFolder(onTestFinished);
    await writeFile(join(secret, 'w.bin'), 'secret');
    await symlink(secret, join(outside, 'sub'));
    await symlink(join(secret, 'w.bin'), join(outside, 'link.bin'));
    for (const name of ['sub/w.bin', 'link.bin', '../w.bin', 'none.bin']) {
      await writeFile(join(outside, 'net.onnx'), onnxWith(name));
      await expect(store.import(join(outside, 'net.onnx'))).rejects.toThrow(notOwn(name));
    }
    await expectNothing();
  });

  it('is refused under the name of a file that the store has itself', async () => {
    for (const name of ['saved_model.onnx', 'Saved_Model.onnx', 'model.yaml']) {
      await writeFile(join(outside, 'net.onnx'), onnxWith(name));
      await writeFile(join(outside, name), 'weights');
      await expect(store.import(join(outside, 'net.onnx'))).rejects.toMatchObject({
        code: 'INVALID_MODEL_SOURCE',
        message: expect.stringContaining(`got "${name}"`) as string,
      });
    }
    await expectNothing();
  });

  it('is refused on S3 where its name leaves the folder, before it is asked for', async () => {
    const asked: (string | undefined)[] = [];
    await s3Server((request, response) => {
      asked.push(request.url?.split('?')[0]);
      response.end(onnxWith('../w.bin'));
    });
    await expect(store.import('s3://models/nets/net.onnx')).rejects.toThrow(notOwn('../w.bin'));
    expect(asked).toEqual(['/models/nets/net.onnx']);
    await expectNothing();
  });

  it('comes from beside the object on S3, each of them once', async () => {
    const objects: Record<string, Buffer> = {
      '/models/nets/net.onnx': onnxWith('sub/w.bin'),
      '/models/nets/sub/w.bin': Buffer.from('weights'),
    };
    await s3Server((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      const body = objects[pathname];
      response.writeHead(200, { 'content-length': body.length }).end(body);
    });
    const heard: [number, number?][] = [];
    const { folder, tag, module } = await store.import('s3://models/nets/net.onnx', {
      onProgress: (...progress) => heard.push(progress),
    });
    expect([tag.name, module]).toEqual(['net', 'bentoml.onnx']);
    const total = objects['/models/nets/net.onnx'].length + 'weights'.length;
    expect(heard.at(-1)).toEqual([total, total]);
    expect(await readFile((await store.get('net')).file)).toEqual(objects['/models/nets/net.onnx']);
    expect((await readdir(folder)).toSorted()).toEqual(['model.yaml', 'saved_model.onnx', 'sub']);
    expect(await readFile(join(folder, 'sub/w.bin'), 'utf8')).toBe('weights');
  });
});

it('what Python wrote of a model comes through import, another tag, export and import', async () => {
  const saved = new URL(
    '../../../test/models/store/models/iris_clf/qojfx7t2csxcqyz4/model.yaml',
    import.meta.url,
  );
  const more = {
    custom_metadata: "{ticket: 7, until: 2024-01-15, 'yes': 'no', deep: [{a: null}]}",
    labels: "{stage: 'on', count: '010'}",
    metadata: '{accuracy: 0.5, classes: [a, b]}',
    options: '{providers: [CPUExecutionProvider]}',
  };
  const lines = Object.entries(more).map(([key, text]) => `${key}: ${text}\n`);
  const yaml = (await readFile(saved, 'utf8'))
    .replace(/^(labels|metadata|options): \{\}\n/gm, '')
    .replace(/^( +)onnx: .*$/m, "$1onnx: 1.17.0\n$1torch: '2.10'\n$1numpy: 1.26.4");
  const folder = join(outside, 'model');
  await mkdir(folder);
  await writeFile(join(folder, 'model.yaml'), yaml + lines.join(''));
  await writeFile(join(folder, 'saved_model.onnx'), 'model');

  const first = await store.import(folder);
  expect(first.context).toMatchObject({
    frameworkName: 'onnx',
    frameworkVersions: { onnx: '1.17.0', torch: '2.10', numpy: '1.26.4' },
    bentomlVersion: '1.1.11',
  });
  expect(first.customMetadata).toEqual({
    ticket: 7,
    until: '2024-01-15',
    yes: 'no',
    deep: [{ a: null }],
  });
  expect(first).toMatchObject({ labels: { stage: 'on', count: '010' }, apiVersion: 'v1' });
  const second = await store.import(folder, { tag: 'other:v2', labels: { team: 'a' } });
  const archive = await store.export(second.tag, outside);
  const third = await store.import(archive, { tag: 'third' });
  expect(third).toEqual({
    ...first,
    tag: third.tag,
    folder: third.folder,
    labels: { ...first.labels, team: 'a' },
  });
  expect(third.tag.toString()).toBe('third:v2');
});

describe('a link in a folder', () => {
  // Also one that stays inside: what it points to would be saved twice, or not at all.
  const LINKS = ['/etc/passwd', '/etc', '../secret', 'weights', 'nowhere'];
  const refused = (name: string) => ({
    code: 'INVALID_MODEL_SOURCE',
    message: `Expected files and folders only, got a link or device "${name}". Put a copy in its place.`,
  });

  it.each(LINKS)('to %s is refused by an import, and so is a folder of it', async (target) => {
    const folder = join(outside, 'model');
    await mkdir(join(folder, 'deep'), { recursive: true });
    await writeFile(join(outside, 'secret'), 'secret');
    await writeFile(join(folder, 'model.yaml'), modelYaml('a', 'v1'));
    await writeFile(join(folder, 'weights'), 'x');
    await symlink(target, join(folder, 'deep/link'));
    await expect(store.import(folder)).rejects.toMatchObject(refused('deep/link'));
    await expect(store.save('a', folder)).rejects.toMatchObject(refused('deep/link'));
    await symlink(target, join(folder, 'a'));
    await expect(store.import(folder)).rejects.toMatchObject(refused('a'));
    await expectNothing();
  });

  it.each(LINKS)('to %s is refused by an export in every format', async (target) => {
    const { folder } = await store.save('a', { weights: Buffer.from('x') });
    await symlink(target, join(folder, 'link'));
    for (const format of ['bentomodel', 'gz', 'xz', 'tar', 'folder'] as const) {
      const exporting = store.export('a', join(outside, 'out'), { format });
      await expect(exporting).rejects.toMatchObject(refused('link'));
    }
    expect(await readdir(outside)).toEqual([]);
  });
});

/** A server that answers as S3 would; a real one does not hang up when it should. */
async function s3Server(answer: RequestListener): Promise<void> {
  const server = createHttpServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.close();
    server.closeAllConnections();
  });
}

it.each(['model.bentomodel', 'model.onnx'])(
  'an S3 server that hangs up within %s is told',
  async (name) => {
    await s3Server((_request, response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write(Buffer.alloc(2048), () => response.destroy());
    });
    await expect(store.import(`s3://models/${name}`)).rejects.toMatchObject({
      code: 'MODEL_TRANSFER',
      message: `Could not get s3://models/${name}: ECONNRESET. Check address, network and AWS_ENDPOINT_URL.`,
    });
    await expectNothing();
  },
);
