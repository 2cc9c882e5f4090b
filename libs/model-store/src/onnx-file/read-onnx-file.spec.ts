import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../model-store.fixture.js';
import { TENSOR, external, field, model, value } from './onnx-file.fixture.js';
import { readOnnxFile } from './read-onnx-file.js';

const MODELS = fileURLToPath(new URL('../../../../test/models/store/models', import.meta.url));
const IRIS = join(MODELS, 'iris_clf/qojfx7t2csxcqyz4/saved_model.onnx');
const MLP = join(MODELS, 'mlp/tz3vkqd2csxgcyz4/saved_model.onnx');

async function read(bytes: Uint8Array): Promise<ReturnType<typeof readOnnxFile>> {
  const file = join(await temporaryFolder(onTestFinished), 'model.onnx');
  await writeFile(file, bytes);
  return readOnnxFile(file);
}

describe('an .onnx file', () => {
  it('tells inputs, outputs and opset', () => {
    expect(readOnnxFile(MLP)).toEqual({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 784] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 10] }],
      opset: { 'ai.onnx': 17 },
      externalFiles: [],
    });
    const { inputs, opset } = readOnnxFile(IRIS);
    expect(inputs).toEqual([{ name: 'X', dtype: 'float32', shape: [-1, 4] }]);
    expect(opset).toHaveProperty('ai.onnx.ml');
  });

  it('tells a dimension that is written as -1, in 64 bits, as unknown', async () => {
    const minusOne = Buffer.from([8, ...Array<number>(9).fill(0xff), 1]);
    const shape = Buffer.concat([field(1, minusOne), field(1, field(1, 3))]);
    const type = field(1, Buffer.concat([field(1, 1), field(2, shape)]));
    const { inputs } = await read(
      model([field(11, value('x', type)), field(12, value('y', TENSOR))]),
    );
    expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [-1, 3] }]);
  });

  it('tells files of weights wherever a tensor is', async () => {
    const wide = (number: number, content: Buffer) => {
      const tag = number * 8 + 2;
      return Buffer.concat([Buffer.from([(tag & 127) | 128, tag >> 7, content.length]), content]);
    };
    const node = (attribute: Buffer) => field(1, field(5, attribute));
    const sparse = (file: string) =>
      Buffer.concat([field(1, external(`${file}.values`)), field(2, external(`${file}.indices`))]);
    const graph = [
      node(field(5, external('constant'))),
      node(field(10, external('constants'))),
      node(field(6, Buffer.concat([field(5, external('then')), node(field(5, external('deep')))]))),
      node(field(11, field(5, external('branches')))),
      node(wide(22, sparse('attribute'))),
      field(15, sparse('sparse')),
      field(12, value('y', TENSOR)),
    ];
    const bytes = Buffer.concat([
      model(graph),
      wide(25, field(7, field(5, field(5, external('function'))))),
      wide(20, field(2, field(5, external('training')))),
    ]);
    expect((await read(bytes)).externalFiles.toSorted()).toEqual([
      'attribute.indices',
      'attribute.values',
      'branches',
      'constant',
      'constants',
      'deep',
      'function',
      'sparse.indices',
      'sparse.values',
      'then',
      'training',
    ]);
  });

  it('tells sequences and maps, files of weights, and no weights as inputs', async () => {
    const weight = Buffer.concat([
      field(8, 'w'),
      field(13, Buffer.concat([field(1, 'location'), field(2, 'sub/w.bin')])),
      field(13, Buffer.concat([field(1, 'length'), field(2, '4')])),
      field(9, Buffer.alloc(200_000)),
    ]);
    const graph = [
      field(5, weight),
      field(11, value('x', TENSOR)),
      field(11, value('w', TENSOR)),
      field(12, value('s', field(4, TENSOR))),
      field(12, value('m', field(5, TENSOR))),
      field(12, value('none', Buffer.alloc(0))),
    ];
    expect(await read(model(graph))).toEqual({
      inputs: [{ name: 'x', dtype: 'float64', shape: [3] }],
      outputs: [
        { name: 's', dtype: 'sequence', shape: [] },
        { name: 'm', dtype: 'map', shape: [] },
        { name: 'none', dtype: 'undefined', shape: [] },
      ],
      opset: { 'ai.onnx': 17 },
      externalFiles: ['sub/w.bin'],
    });
  });

  it('is refused wherever it was cut', async () => {
    const whole = await readFile(MLP);
    const file = join(await temporaryFolder(onTestFinished), 'half.onnx');
    for (let length = 0; length < whole.length; length += 17) {
      await writeFile(file, whole.subarray(0, length));
      expect(() => readOnnxFile(file)).toThrow('Expected "half.onnx" to be an ONNX model');
    }
  });

  it('is read or refused, whatever its bytes are', async () => {
    const whole = await readFile(IRIS);
    const file = join(await temporaryFolder(onTestFinished), 'any.onnx');
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(change, { maxLength: 4 }).map((changes) => {
        const changed = Buffer.from(whole);
        for (const [at, byte] of changes) changed[at] = byte;
        return changed;
      }),
    );
    const property = fc.asyncProperty(bytes, async (content) => {
      await writeFile(file, content);
      let outcome: unknown;
      try {
        outcome = readOnnxFile(file);
      } catch (error) {
        outcome = error;
      }
      const isRead = (outcome as { outputs?: unknown }).outputs !== undefined;
      expect(isRead || (outcome as { code?: string }).code === 'INVALID_ONNX_FILE').toBe(true);
    });
    await fc.assert(property, { numRuns: 400 });
  }, 30_000);
});
