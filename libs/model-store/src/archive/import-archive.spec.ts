import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { Header } from 'tar';
import type { HeaderData } from 'tar';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { modelYaml, temporaryFolder } from '../model-store.fixture.js';
import { ModelStore } from '../model-store.js';

let home: string;
let outside: string;
let store: ModelStore;

beforeEach(async () => {
  home = await temporaryFolder(onTestFinished);
  outside = await temporaryFolder(onTestFinished);
  store = new ModelStore({ home });
});

type Entry = Omit<HeaderData, 'type'> & { readonly path: string; readonly type?: string };

const BLOCK = 512;

/** An entry of a tar, whatever its header says. */
function entry(data: Entry, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(BLOCK);
  const full = { mode: 0o644, size: body.length, type: 'File', ...data } as HeaderData;
  new Header(full).encode(header, 0);
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

function file(path: string, body: string | Buffer): Buffer {
  return entry({ path }, Buffer.from(body));
}

const END = Buffer.alloc(2 * BLOCK);
const YAML = file('model.yaml', modelYaml('iris_clf', 'v1'));
const MODEL = file('saved_model.onnx', 'model');

async function importOf(...entries: readonly Buffer[]) {
  const path = join(outside, 'model.tar');
  await writeFile(path, Buffer.concat([...entries, END]));
  return store.import(path);
}

/** Nothing may be in the store, and nothing in staging but what the next write sweeps. */
async function expectNothing(): Promise<void> {
  const names = await readdir(home);
  expect(names.filter((name) => name !== '.staging')).toEqual([]);
  expect(await readdir(join(home, '.staging'))).toEqual([]);
}

describe('an archive', () => {
  it('becomes the model that it says, whether its names begin with ./ or not', async () => {
    const folder = entry({ path: './', type: 'Directory' });
    const { tag, digests } = await importOf(folder, YAML, file('./data/a.txt', 'a'), MODEL);
    expect(tag.toString()).toBe('iris_clf:v1');
    const sha = createHash('sha256').update('model').digest('hex');
    expect(digests).toMatchObject({ 'saved_model.onnx': `sha256:${sha}` });
    const { folder: at } = await store.get('iris_clf:latest');
    expect(await readFile(join(at, 'data/a.txt'), 'utf8')).toBe('a');
  });

  it.each(['tar', 'tar.gz', 'bentomodel'])('is what an export writes, as .%s', async (end) => {
    const { tag } = await importOf(YAML, MODEL, file('data/a.txt', 'a'));
    const path = await store.export(tag, join(outside, `exported.${end}`));
    const other = new ModelStore({ home: await temporaryFolder(onTestFinished) });
    expect({ ...(await other.import(path)), folder: '' }).toEqual({
      ...(await store.describe(tag)),
      folder: '',
    });
  });

  it('gets another tag, labels and metadata where they are given', async () => {
    await importOf(YAML, MODEL);
    const path = await store.export('iris_clf', outside);
    const options = { tag: 'other:v2', labels: { a: '1' }, metadata: { b: 2 } };
    expect(await store.import(path, options)).toMatchObject({
      tag: { name: 'other', version: 'v2' },
      labels: { a: '1' },
      metadata: { b: 2 },
    });
    expect((await store.import(path, { tag: 'third' })).tag.toString()).toBe('third:v1');
  });

  it('keeps a version that YAML 1.2 would take for a number', async () => {
    const yaml = file('model.yaml', modelYaml('iris_clf', '12e4', { module: 'yes.module' }));
    expect((await importOf(yaml, MODEL)).tag.toString()).toBe('iris_clf:12e4');
  });

  it.each([
    [
      'a model.yaml that is no description any more',
      [file('model.yaml', 'a: b\n'.repeat(2 ** 18))],
    ],
    ['folders that lie in each other endlessly', [file(`${'a/'.repeat(40)}b`, ''), YAML]],
    ['the version that stands for others', [file('model.yaml', modelYaml('iris_clf', 'latest'))]],
  ])('is refused with %s', async (_what, entries) => {
    const refused = await importOf(...entries, MODEL).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(refused).toMatch(/^Expected (?:a model.yaml of at most|an archive of|a version of)/);
    await expectNothing();
  });

  it('is not made of files whose names no disk takes', async () => {
    const saved = store.save('iris_clf', { ['ä'.repeat(128)]: Buffer.alloc(1) });
    await expect(saved).rejects.toThrow('a name of parts of at most 255 bytes');
  });

  it('is refused where the version is there', async () => {
    await importOf(YAML, MODEL);
    await expect(importOf(YAML, MODEL)).rejects.toMatchObject({ code: 'MODEL_EXISTS' });
  });
});

describe('an archive is refused as a whole for', () => {
  const link = (type: string, linkpath: string) => entry({ path: 'link', type, linkpath });
  /** An entry of a type that the library does not write. */
  const sparse = (typeKey: string): Buffer => {
    const bytes = file('weights', 'x');
    bytes.write(typeKey, 156);
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return bytes;
  };
  it.each([
    ['a symbolic link', [link('SymbolicLink', '/etc/passwd')], 'a SymbolicLink "link"'],
    ['a link that stays inside', [link('SymbolicLink', 'model.yaml')], 'a SymbolicLink'],
    ['a hard link', [link('Link', 'model.yaml')], 'a Link "link"'],
    ['a device', [entry({ path: 'd', type: 'CharacterDevice' })], 'a CharacterDevice "d"'],
    ['a sparse file, as tar -S writes', [sparse('S')], 'a SparseFile "weights"'],
    ['a type that is unknown', [sparse('Z')], 'an unknown type "weights"'],
    ['a pipe', [entry({ path: 'p', type: 'FIFO' })], 'a FIFO "p"'],
    ['a name above', [file('../evil', 'x')], 'without "." and ".."'],
    ['a name above from within', [file('a/../../evil', 'x')], 'without "." and ".."'],
    ['an absolute name', [file('/tmp/evil', 'x')], 'a relative name'],
    ['a backslash', [file('..\\evil', 'x')], 'without backslashes'],
    ['a drive', [file('c:evil', 'x')], 'a relative name'],
    ['a file twice', [MODEL], 'each file once'],
    ['a file twice but for its case', [file('Saved_Model.onnx', 'x')], 'each file once'],
    [
      'a file twice but for its accents',
      [file('e\u0301', ''), file('\u00e9', '')],
      'each file once',
    ],
    ['a file that is a folder, too', [file('saved_model.onnx/x', '')], 'each file once'],
    ['a folder that is a file, too', [file('a/b', ''), file('a', '')], 'each file once'],
  ])('%s', async (_name, entries, message) => {
    const attempt = importOf(YAML, MODEL, ...entries, file('last', 'x'));
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ code: 'INVALID_ARCHIVE', statusCode: 400 });
    await expectNothing();
    expect((await readdir(outside)).toSorted()).toEqual(['model.tar']);
  });

  it.each([
    ['no model.yaml', [MODEL], 'Expected a model.yaml'],
    ['a model.yaml alone', [YAML], 'Expected a model.yaml and files'],
    ['a model.yaml that is none', [file('model.yaml', '- a'), MODEL], 'holds a mapping'],
    [
      'a tag that is a path',
      [file('model.yaml', modelYaml('"../evil"', 'v1')), MODEL],
      'Expected a tag',
    ],
    [
      'a file that is another',
      [
        file('model.yaml', modelYaml('a', 'v1', { digests: `{x: sha256:${'0'.repeat(64)}}` })),
        file('x', 'y'),
      ],
      'Expected the file "x" of a:v1 that was saved, got another one',
    ],
  ])('%s', async (_name, entries, message) => {
    await expect(importOf(...entries)).rejects.toThrow(message);
    await expectNothing();
  });

  it('its end being cut off, at any place', async () => {
    await importOf(YAML, MODEL, file('weights', Buffer.alloc(5000, 1)));
    const whole = await readFile(await store.export('iris_clf', outside));
    await store.delete('iris_clf');
    const path = join(outside, 'half.tar.gz');
    for (let length = 0; length < whole.length; length += 13) {
      await writeFile(path, whole.subarray(0, length));
      await expect(store.import(path)).rejects.toMatchObject({ code: 'INVALID_ARCHIVE' });
    }
    expect(await store.list()).toEqual([]);
    expect(await readdir(join(home, '.staging'))).toEqual([]);
  });

  it('a plain tar without its end, though it is cut between two files', async () => {
    // Of a model without digests, as BentoML writes it: nothing else tells that files are missing.
    const whole = Buffer.concat([YAML, MODEL, file('weights', Buffer.alloc(5000, 1)), END]);
    const path = join(outside, 'half.tar');
    for (let length = 0; length < whole.length; length += BLOCK / 2) {
      await writeFile(path, whole.subarray(0, length));
      await expect(store.import(path)).rejects.toMatchObject({ code: 'INVALID_ARCHIVE' });
    }
    await writeFile(path, whole);
    expect((await store.import(path)).tag.toString()).toBe('iris_clf:v1');
  });

  it('a format that is none of ours', async () => {
    const path = join(outside, 'model.zip');
    await writeFile(path, Buffer.concat([Buffer.from('PK\x03\x04'), deflateRawSync('x')]));
    await expect(store.import(path)).rejects.toThrow('Expected a tar archive, got zip.');
    await writeFile(path, 'BZh91AY');
    await expect(store.import(path)).rejects.toThrow('got bzip2');
  });

  it('files that are a hundred times as large as the archive', async () => {
    const path = join(outside, 'bomb.tar.gz');
    const zeros = file('zeros', Buffer.alloc(80 * 2 ** 20));
    await writeFile(path, gzipSync(Buffer.concat([YAML, zeros, END]), { level: 9 }));
    await expect(store.import(path)).rejects.toThrow('at most 100 times');
    await expectNothing();
  }, 30_000);

  it('more bytes or entries than its limits', async () => {
    await importOf(YAML, MODEL, file('a', 'a'));
    const path = await store.export('iris_clf', outside);
    const of = (limits: object) => store.import(path, { tag: 'other', limits });
    await expect(of({ maxEntries: 2 })).rejects.toThrow('at most 2 entries');
    await expect(of({ maxBytes: 10 })).rejects.toThrow('at most 10 bytes');
    expect((await of({ maxEntries: 4 })).tag.name).toBe('other');
  });
});

// Made with Python's tarfile and lzma, as BentoML does.
describe('an archive with xz', () => {
  const fixture = (name: string): URL =>
    new URL(`../../../../test/fixtures/model-store/${name}`, import.meta.url);

  it('becomes the model that it says', async () => {
    const { tag, folder } = await store.import(fileURLToPath(fixture('iris_clf.tar.xz')));
    expect(tag.toString()).toBe('iris_clf:v1');
    expect(await readFile(join(folder, 'saved_model.onnx'), 'utf8')).toBe('model');
  });

  it('is refused where its end is cut off, and where a byte is another', async () => {
    const whole = await readFile(fixture('iris_clf.tar.xz'));
    const path = join(outside, 'broken.bentomodel');
    for (let at = 7; at < whole.length; at += 5) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 0x10;
      for (const bytes of [whole.subarray(0, at), flipped]) {
        await writeFile(path, bytes);
        await expect(store.import(path), `byte ${at}`).rejects.toMatchObject({
          code: 'INVALID_ARCHIVE',
        });
      }
    }
    await expectNothing();
  }, 30_000);

  it('is refused where its files are a hundred times as large', async () => {
    const attempt = store.import(fileURLToPath(fixture('bomb.tar.xz')));
    await expect(attempt).rejects.toThrow('at most 100 times');
    await expectNothing();
  });
});

describe('an export', () => {
  it('goes to a folder that exists under the model’s name, and replaces nothing unasked', async () => {
    await importOf(YAML, MODEL);
    const path = await store.export('iris_clf', outside);
    expect(path).toBe(join(outside, 'iris_clf-v1.bentomodel'));
    await expect(store.export('iris_clf', outside)).rejects.toThrow('not to be there yet');
    expect(await store.export('iris_clf', outside, { overwrite: true })).toBe(path);
    expect((await readdir(outside)).toSorted()).toEqual(['iris_clf-v1.bentomodel', 'model.tar']);
  });

  it('as a folder is one that can be imported', async () => {
    await importOf(YAML, MODEL, file('data/a.txt', 'a'));
    const path = await store.export('iris_clf', join(outside, 'copy'), { format: 'folder' });
    expect((await readdir(path)).toSorted()).toEqual(['data', 'model.yaml', 'saved_model.onnx']);
    expect((await store.import(path, { tag: 'copy' })).tag.toString()).toBe('copy:v1');
  });

  it.each(['m.tar', 'm.bentomodel'])('tells its progress to the end, as %s', async (name) => {
    await importOf(YAML, MODEL, file('weights', Buffer.alloc(300_000)));
    const heard: [number, number?][] = [];
    const onProgress = (...progress: [number, number?]): unknown => heard.push(progress);
    await store.export('iris_clf', join(outside, name), { onProgress });
    const [done, total = 0] = heard.at(-1) ?? [];
    expect(done).toBe(total);
    expect(total).toBeGreaterThan(300_000);
    expect(heard[0][0]).toBeLessThan(total);
  });

  it('replaces a folder that is there, and leaves nothing of it', async () => {
    await importOf(YAML, MODEL, file('weights', Buffer.alloc(300_000)));
    const options = { format: 'folder', overwrite: true } as const;
    const target = join(outside, 'copy');
    await store.export('iris_clf', target, options);
    await writeFile(join(target, 'mine'), '');
    const path = join(target, 'iris_clf-v1');
    await store.export('iris_clf', target, options);
    await writeFile(join(path, 'old'), '');
    await store.export('iris_clf', target, options);
    expect((await readdir(path)).toSorted()).toEqual(['model.yaml', 'saved_model.onnx', 'weights']);
    expect((await readdir(target)).toSorted()).toContain('iris_clf-v1');
    expect((await readdir(target)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is refused as bzip2 and zip, and into a folder that is not there', async () => {
    await importOf(YAML, MODEL);
    for (const name of ['m.tar.bz2', 'm.zip']) {
      await expect(store.export('iris_clf', join(outside, name))).rejects.toThrow(
        'or .tar.xz, got',
      );
    }
    await expect(store.export('iris_clf', join(outside, 'no/m.tar'))).rejects.toMatchObject({
      code: 'INVALID_MODEL_SOURCE',
      message: 'Expected the folder "no" to export to, got none. Make it first.',
    });
  });
});

describe('an .onnx file', () => {
  it('becomes a new version of the model that its name tells', async () => {
    const onnx = await readFile(
      new URL(
        '../../../../test/models/store/models/mlp/tz3vkqd2csxgcyz4/saved_model.onnx',
        import.meta.url,
      ),
    );
    const path = join(outside, 'My Model (v2).onnx');
    await writeFile(path, onnx);
    const { tag, metadata, signatures, module } = await store.import(path, { labels: { a: 'b' } });
    expect(tag.name).toBe('my_model_v2');
    expect(module).toBe('bentoml.onnx');
    expect(metadata).toEqual({
      onnx: {
        inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 784] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 10] }],
        opset: { 'ai.onnx': 17 },
      },
    });
    expect(signatures).toEqual({ run: { batchable: true, batchDim: [0, 0] } });
    expect(await readFile((await store.get(tag)).file)).toEqual(onnx);
    expect((await store.import(path, { tag: 'digits:v1' })).tag.toString()).toBe('digits:v1');
    await expect(store.import(path, { tag: '..' })).rejects.toMatchObject({ code: 'INVALID_TAG' });
  });

  it('is refused where it is none', async () => {
    const path = join(outside, 'model.onnx');
    await writeFile(path, '<html>');
    await expect(store.import(path)).rejects.toMatchObject({ code: 'INVALID_ONNX_FILE' });
    expect(await store.list()).toEqual([]);
  });
});

it.each(['/no/such.bentomodel', 's3://bucket'])('%s is refused', async (source) => {
  await expect(store.import(source)).rejects.toMatchObject({ code: 'INVALID_MODEL_SOURCE' });
});
