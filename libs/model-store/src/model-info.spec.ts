import { expect, it } from 'vitest';
import { parseModelInfo } from './model-info.js';
import { modelYaml } from './model-store.fixture.js';
import { InvalidModelError } from './model-store.errors.js';
import { Tag } from './tag.js';

const TAG = new Tag('iris', 'v1');

const parse = (lines: Record<string, string>) =>
  parseModelInfo(modelYaml('iris', 'v1', lines), TAG);

it('reads every field', () => {
  const info = parse({
    labels: '{owner: ada, stage: 2}',
    options: '{providers: [cpu]}',
    context:
      '{framework_name: onnx, framework_versions: {onnx: 1.17.0, odd: 2}, python_version: []}',
    metadata: '{feature_names: [a, b], acc: 0.5}',
  });
  expect(info).toEqual({
    module: 'bentoml.onnx',
    labels: { owner: 'ada', stage: '2' },
    options: { providers: ['cpu'] },
    metadata: { feature_names: ['a', 'b'], acc: 0.5 },
    signatures: { run: { batchable: true, batchDim: [0, 0] } },
    customMetadata: {},
    digests: {},
    createdAt: new Date('2024-01-15T09:30:00Z'),
    context: {
      frameworkName: 'onnx',
      frameworkVersions: { onnx: '1.17.0', odd: '2' },
      bentomlVersion: '',
      pythonVersion: '',
    },
    apiVersion: 'v1',
  });
});

it('makes a pair of axes of whatever batch_dim is', () => {
  const signatures =
    '{one: {batchable: true, batch_dim: 1}, pair: {batchable: true, batch_dim: [0, 1]}, none: {}, empty: }';
  expect(parse({ signatures }).signatures).toEqual({
    one: { batchable: true, batchDim: [1, 1] },
    pair: { batchable: true, batchDim: [0, 1] },
    none: { batchable: false, batchDim: [0, 0] },
    empty: { batchable: false, batchDim: [0, 0] },
  });
});

it('takes a version that YAML 1.2 reads as a number for the text it is', () => {
  const tag = new Tag('0o17', '12e4');
  expect(parseModelInfo(modelYaml('0o17', '12e4'), tag).module).toBe('bentoml.onnx');
});

it('gives a model no way to change the prototype of what it fills', () => {
  const { metadata } = parse({ metadata: '{__proto__: {polluted: true}}' });
  expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  expect('polluted' in metadata).toBe(false);
});

it.each([
  [{ name: 'other' }, 'hold name "iris", its folder\'s, got "other"'],
  [{ version: 'v2' }, 'hold version "v1", its folder\'s, got "v2"'],
  [{ version: '[v1]' }, 'hold version "v1", its folder\'s, got nothing'],
  [{ module: '[]' }, 'hold text as module, got a list'],
  [{ creation_time: 'soon' }, 'hold an ISO 8601 time as creation_time, got "soon"'],
  [{ creation_time: '' }, 'hold an ISO 8601 time as creation_time, got nothing'],
  [{ labels: '[a]' }, 'hold a mapping as labels, got a list'],
  [{ labels: '{a: {}}' }, 'hold text as label "a", got a mapping'],
  [{ metadata: 'x' }, 'hold a mapping as metadata, got "x"'],
  [{ options: '3' }, 'hold a mapping as options, got "3"'],
  [{ signatures: '{run: 1}' }, 'hold a mapping as signature "run", got "1"'],
  [{ signatures: '{run: {batchable: maybe}}' }, 'batchable of signature "run", got "maybe"'],
  [{ signatures: '{run: {batch_dim: x}}' }, 'batch_dim of signature "run", got "x"'],
  [{ signatures: '{run: {batch_dim: 0.5}}' }, 'batch_dim of signature "run", got "0.5"'],
  [{ signatures: '{run: {batch_dim: [0]}}' }, 'batch_dim of signature "run", got another list'],
  [{ labels: '{a: 1, a: 2}' }, 'be YAML'],
  [{ labels: '{' }, 'be YAML'],
] satisfies [Record<string, string>, string][])('refuses %j', (lines, says) => {
  expect(() => parse(lines)).toThrow(InvalidModelError);
  expect(() => parse(lines)).toThrow(says);
});

it('refuses what is no mapping, and aliases that would explode', () => {
  expect(() => parseModelInfo('', TAG)).toThrow('hold a mapping, got nothing');
  const levels = Array.from({ length: 9 }, (_, level) => {
    const alias = `*a${level}`;
    return `a${level + 1}: &a${level + 1} [${Array(9).fill(alias).join(', ')}]\n`;
  });
  const bomb = `a0: &a0 [x, x]\n${levels.join('')}`;
  expect(() => parseModelInfo(bomb + modelYaml('iris', 'v1'), TAG)).toThrow('be YAML');
});

it.each([
  ['a digest of another kind', 'digests', '{a: md5:00}', 'digest of "a"'],
  ['a digest that is no text', 'digests', '{a: 1}', 'got "1"'],
  ['custom metadata in a list', 'custom_metadata', '[a]', 'a mapping as custom_metadata'],
])('refuses %s', (_name, key, value, message) => {
  expect(() => parse({ [key]: value })).toThrow(message);
});
