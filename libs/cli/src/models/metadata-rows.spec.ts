import { expect, it } from 'vitest';
import { metadataRows } from './metadata-rows.js';

it('shows what an .onnx file takes and gives, as people write it', () => {
  const onnx = {
    inputs: [{ name: 'X', dtype: 'float32', shape: [-1, 4] }],
    outputs: [
      { name: 'label', dtype: 'int64', shape: ['batch'] },
      { name: 'scores', type: 'sequence' },
    ],
    opset: { 'ai.onnx': 16, 'ai.onnx.ml': 1 },
  };
  expect(metadataRows({ onnx, accuracy: 0.97, by: 'me' })).toEqual([
    ['Inputs', 'X float32 [-1, 4]'],
    ['Outputs', 'label int64 [batch], {"name":"scores","type":"sequence"}'],
    ['Opset', 'ai.onnx 16, ai.onnx.ml 1'],
    ['accuracy', '0.97'],
    ['by', 'me'],
  ]);
});

it.each([['text'], [{ inputs: [] }], [[1]]])('shows %j under onnx as it is', (onnx) => {
  expect(metadataRows({ onnx })).toEqual([['onnx', onnx === 'text' ? onnx : JSON.stringify(onnx)]]);
});
