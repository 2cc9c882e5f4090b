import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../model-store.fixture.js';
import { readOnnxFile } from './read-onnx-file.js';

const MODELS = fileURLToPath(new URL('../../../../test/models/store/models', import.meta.url));
const IRIS = join(MODELS, 'iris_clf/qojfx7t2csxcqyz4/saved_model.onnx');
const MLP = join(MODELS, 'mlp/tz3vkqd2csxgcyz4/saved_model.onnx');

/** A field of a protobuf message: text and messages as bytes, numbers as varints below 128. */
function field(number: number, content: number | string | Buffer): Buffer {
  if (typeof content === 'number') return Buffer.from([number * 8, content]);
  const bytes = Buffer.from(content);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes]);
}

function value(name: string, type: Buffer): Buffer {
  return Buffer.concat([field(1, name), field(2, type)]);
}

const TENSOR = field(1, Buffer.concat([field(1, 11), field(2, field(1, field(1, 3)))]));
const OPSET = field(8, field(2, 17));

function model(graph: readonly Buffer[]): Buffer {
  return Buffer.concat([field(1, 8), field(7, Buffer.concat(graph)), OPSET]);
}

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
  });
});
