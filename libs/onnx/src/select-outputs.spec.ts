import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NdArray } from 'bentonest/tensor';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OnnxRunnable } from './onnx.runnable.js';
import { encodeBytesField, readFields } from './protobuf.js';
import { selectOutputs } from './select-outputs.js';

const read = (name: string): Promise<Uint8Array> =>
  readFile(new URL(`../../../test/models/cases/${name}.onnx`, import.meta.url));

describe('protobuf fields', () => {
  it('are read as they were written, and joined again to the same bytes', () => {
    const field = fc.tuple(fc.integer({ min: 1, max: 2 ** 29 - 1 }), fc.uint8Array());
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const bytes = Buffer.concat(
          fields.map(([number, value]) => encodeBytesField(number, [value])),
        );
        const found = [...readFields(bytes, 0, bytes.length)];
        expect(
          found.map(({ number, valueStart, end }) => [number, bytes.subarray(valueStart, end)]),
        ).toEqual(fields.map(([number, value]) => [number, Buffer.from(value)]));
        const copies = found.map(({ start, end }) => bytes.subarray(start, end));
        expect(Buffer.concat(copies)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['varints', [0x08, 0x96, 0x01, 0x10, 0x00], [1, 2]],
    ['fixed 64 and 32 bits', [0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4], [1, 2]],
    ['-1 as 64 bits', [0x08, ...Array<number>(9).fill(0xff), 0x01, 0x10, 0x00], [1, 2]],
  ])('may be %s', (_name, bytes, numbers) => {
    const fields = [...readFields(Uint8Array.from(bytes), 0, bytes.length)];
    expect(fields.map(({ number }) => number)).toEqual(numbers);
  });

  it.each([
    ['a length beyond the end', [0x0a, 5, 1]],
    ['a varint without an end', [0x08, 0xff]],
    ['a varint of eleven bytes', [0x08, ...Array<number>(10).fill(0x80), 0]],
    ['a group', [0x0b, 0x0c]],
  ])('are refused for %s', (_name, bytes) => {
    expect(() => [...readFields(Uint8Array.from(bytes), 0, bytes.length)]).toThrow(RangeError);
  });
});

describe('a selection', () => {
  it('keeps what a branch of If needs from the graph around it', async () => {
    const model = await read('subgraph');
    const selected = selectOutputs(model, ['chosen']) ?? model;
    expect(selected.length).toBeLessThan(model.length);
    const folder = await mkdtemp(join(tmpdir(), 'onnx-spec-'));
    const file = join(folder, 'selected.onnx');
    await writeFile(file, selected);
    const runnable = new OnnxRunnable({ file, executionProviders: ['cpu'], threads: 1 });
    onTestFinished(async () => {
      await runnable.close();
      await rm(folder, { recursive: true });
    });
    await runnable.setup();
    const floats = (value: number): NdArray => NdArray.from([value], { dtype: 'float32' });
    // x + 9 where x is positive, else x - 9.
    expect(await runnable.run(floats(1))).toEqual({ chosen: floats(10) });
    expect(await runnable.run(floats(-1))).toEqual({ chosen: floats(-10) });
  });

  it('leaves out nodes, weights and outputs that are not needed', async () => {
    const selected = Buffer.from(selectOutputs(await read('several'), ['doubled']) ?? []);
    expect(selected.includes('doubled')).toBe(true);
    for (const name of ['product', 'failing', 'table', 'Gather']) {
      expect(selected.includes(name)).toBe(false);
    }
    // The inputs stay: what a caller sends does not depend on the outputs chosen.
    expect(selected.includes('values')).toBe(true);
  });

  it('does not depend on the order of the nodes', async () => {
    const model = await read('several');
    const fields = [...readFields(model, 0, model.length)];
    const reversed = Buffer.concat(
      fields.map(({ number, start, valueStart, end }) => {
        if (number !== 7) return model.subarray(start, end);
        const parts = [...readFields(model, valueStart, end)].toReversed();
        return encodeBytesField(
          number,
          parts.map((part) => model.subarray(part.start, part.end)),
        );
      }),
    );
    const selected = Buffer.from(selectOutputs(reversed, ['product']) ?? []);
    for (const name of ['Mul', 'Unsqueeze', 'Cast']) expect(selected.includes(name)).toBe(true);
    for (const name of ['Gather', 'Add']) expect(selected.includes(name)).toBe(false);
  });

  it.each([
    ['all outputs are wanted', 'several', ['product', 'doubled', 'failing']],
    ['an output is unknown', 'several', ['nope']],
    ['there is one only', 'scalar', ['y']],
  ])('is not made where %s', async (_name, model, outputs) => {
    expect(selectOutputs(await read(model), outputs)).toBeUndefined();
  });

  it('is made of models only, whatever the bytes', async () => {
    const model = await read('several');
    const graph = [...readFields(model, 0, model.length)].find(({ number }) => number === 7);
    for (let length = 0; length < (graph?.end ?? 0); length++) {
      expect(selectOutputs(model.subarray(0, length), ['product'])).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(selectOutputs(bytes, ['product'])).toBeUndefined();
      }),
    );
    const flip = fc.tuple(fc.nat(model.length - 1), fc.nat(255));
    fc.assert(
      fc.property(flip, ([at, byte]) => {
        const damaged = Uint8Array.from(model);
        damaged[at] = byte;
        expect(() => selectOutputs(damaged, ['product'])).not.toThrow();
      }),
    );
  });
});
