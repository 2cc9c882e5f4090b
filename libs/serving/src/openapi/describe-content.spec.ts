import { ndarray } from 'bentonest/io';
import type { IoDescriptor } from 'bentonest/io';
import { NdArray } from 'bentonest/tensor';
import { expect, it } from 'vitest';
import { describeRequest, describeResult } from './describe-content.js';

const asymmetric: IoDescriptor = {
  kind: 'picture',
  contentTypes: ['image/*'],
  writes: ['image/png', 'image/webp'],
  reads: 'buffer',
  decode: () => undefined,
  encode: () => ({ contentType: 'image/png', body: '' }),
  schema: () => ({ 'image/*': { type: 'string' }, 'image/png': { type: 'string', title: 'PNG' } }),
};

it('has the media types that are read in a request, and those that are written in a result', () => {
  expect(describeRequest(asymmetric)).toEqual({ 'image/*': { schema: { type: 'string' } } });
  expect(describeResult(asymmetric)).toEqual({
    'image/png': { schema: { type: 'string', title: 'PNG' } },
    'image/webp': { schema: {} },
  });
});

it('shows the examples of a schema as those of the media type', () => {
  const sample = NdArray.from([[1.5, 2]]);
  const content = describeRequest(ndarray({ sample }));
  expect(content['application/json'].examples).toEqual({ example1: { value: [[1.5, 2]] } });
  expect(content['application/octet-stream'].examples).toBeUndefined();
});
