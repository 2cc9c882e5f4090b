import { Readable } from 'node:stream';
import fc from 'fast-check';
import { NdArray } from 'bentonest/tensor';
import { IsString } from 'class-validator';
import { describe, expect, it, vi } from 'vitest';
import { file } from '../file/file.js';
import type { FileUpload } from '../file/file-upload.js';
import { json } from '../json/json.js';
import { ndarray } from '../ndarray/ndarray.js';
import { parameters } from './parameters.js';
import { scalar } from './scalar.js';
import { splitObject } from './split-object.js';

class Label {
  @IsString() text: string;
}

const descriptor = parameters([
  { name: 'input', input: ndarray({ dtype: 'int64' }), isOptional: false },
  { name: 'label', input: json(Label), isOptional: false },
  { name: 'threshold', input: scalar('number'), isOptional: true },
]);

async function decodeForm(into: typeof descriptor, form: FormData): Promise<unknown[]> {
  const { headers, body } = new Response(form);
  const type = headers.get('content-type') ?? '';
  return into.decode({
    contentType: 'multipart/form-data',
    headers: { 'content-type': type },
    body: Readable.fromWeb(body as never),
  });
}

async function decode(body: string): Promise<unknown[]> {
  const { buffered } = descriptor;
  if (buffered === undefined) throw new Error('It reads no JSON.');
  return buffered.decode({
    contentType: 'application/json',
    headers: {},
    body: Buffer.from(body),
  });
}

describe('several parameters', () => {
  it('are read each by its descriptor, int64 exactly, whatever their order', async () => {
    const body = '{"label":{"text":"{\\"]"}, "other": [1], "input":[9007199254740993]}';
    const [input, label, threshold] = await decode(body);
    expect(input).toEqual(new NdArray('int64', BigInt64Array.of(9007199254740993n), [1]));
    expect(label).toBeInstanceOf(Label);
    expect(label).toEqual({ text: '{"]' });
    expect(threshold).toBeUndefined();
  });

  it.each([
    ['{"label":{"text":"a"}}', 'Expected the parameter input in the JSON object, got nothing'],
    ['{"input":[1],"label":{}}', 'label: text must be a string'],
    ['{"input":["a"],"label":{"text":"a"}}', 'input: '],
    [
      '{"input":[1],"label":{"text":"a"},"threshold":"0.5"}',
      'threshold: Expected a number, got the string "0.5"',
    ],
    [
      '{"input":[1],"label":{"text":"a"},"threshold":1e999}',
      'threshold: Expected numbers within ±1.79',
    ],
    ['[1]', 'Expected a JSON object of the parameters by name'],
    ['', 'got an empty body'],
    ['{"input":[1', 'cut off after byte 11'],
    ['{"input" [1]}', 'malformed at byte 9'],
    ['{"input":,"label":1}', 'malformed at byte 9'],
    ['{"input":[1]}}', 'malformed at byte 13'],
    [`{"input":${'['.repeat(101)}`, 'nested at most 100 deep'],
    ['{"a\\u12":1}', 'malformed at byte 1'],
    ['{"other":[tru],"input":[1],"label":{"text":"a"}}', 'other: Expected a JSON body'],
    ['{"input":[1,],"input":[1],"label":{"text":"a"}}', 'malformed'],
  ])('refuse %s', async (body, message) => {
    await expect(decode(body)).rejects.toThrow(message);
    await expect(decode(body)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('fail once, also where a later one fails sooner', async () => {
    const slow = parameters([
      {
        name: 'slow',
        input: { ...json(), decode: () => Promise.reject(new Error('slow')) },
        isOptional: false,
      },
      { name: 'input', input: ndarray(), isOptional: false },
    ]);
    const unheard = vi.fn<() => void>();
    process.once('unhandledRejection', unheard);
    const body = Buffer.from('{"slow":1,"input":["a",1]}');
    const input = { contentType: 'application/json', headers: {}, body };
    expect(() => slow.buffered?.decode(input)).toThrow('input: ');
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
  });

  it('are described by name, with those required that have no default', () => {
    expect(descriptor.schema()['application/json']).toMatchObject({
      type: 'object',
      properties: { threshold: { type: 'number' } },
      required: ['input', 'label'],
    });
  });

  it('are the parts of a form where JSON cannot hold one of them', async () => {
    const upload = parameters([
      { name: 'image', input: file(), isOptional: false },
      { name: 'threshold', input: scalar('number'), isOptional: false },
      { name: 'note', input: scalar('string'), isOptional: true },
    ]);
    expect(upload.contentTypes).toEqual(['multipart/form-data']);
    const form = new FormData();
    form.set('threshold', '0.25');
    form.set('image', new Blob(['pixels']), 'a.png');
    const [image, ...rest] = await decodeForm(upload, form);
    expect(await (image as FileUpload).text()).toBe('pixels');
    expect(rest).toEqual([0.25, undefined]);
    form.set('threshold', 'much');
    await expect(decodeForm(upload, form)).rejects.toThrow('threshold: Expected a number');
  });

  it('are the parts of a form too where it can', async () => {
    const form = new FormData();
    form.set('label', '{"text":"a"}');
    form.set('input', '[1,2]');
    const [input, label, threshold] = await decodeForm(descriptor, form);
    expect((input as NdArray).toNested()).toEqual([1, 2]);
    expect(label).toEqual({ text: 'a' });
    expect(threshold).toBeUndefined();
    form.delete('label');
    await expect(decodeForm(descriptor, form)).rejects.toThrow('with the part label');
  });
});

describe('splitObject', () => {
  it('gives what JSON.parse gives, for every object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (object, space) => {
        const values = splitObject(Buffer.from(JSON.stringify(object, undefined, space)));
        const parsed = [...values].map(([name, value]) => [name, JSON.parse(value.toString())]);
        expect(parsed).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object));
      }),
    );
  });

  it('takes no more than JSON.parse does, once the values are read', () => {
    const text = fc.array(fc.constantFrom('{', '}', '"', 'a', ':', ',', '1', '[', ']', '\\', ' '));
    fc.assert(
      fc.property(text, (pieces) => {
        const body = `{${pieces.join('')}}`;
        try {
          for (const value of splitObject(Buffer.from(body)).values()) JSON.parse(value.toString());
        } catch {
          return;
        }
        expect(() => JSON.parse(body) as unknown).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a scalar', () => {
  const read = (
    type: 'string' | 'number' | 'boolean',
    contentType: string,
    body: string,
  ): unknown => scalar(type).decode({ contentType, headers: {}, body: Buffer.from(body) });

  it.each([
    ['number', 'text/plain', '-1.5e3', -1500],
    ['boolean', 'text/plain', 'true', true],
    ['string', 'text/plain', '1', '1'],
    ['string', 'application/json', '"a"', 'a'],
    ['boolean', 'application/json', 'false', false],
  ] as const)('%s of %s %s', (type, contentType, body, value) => {
    expect(read(type, contentType, body)).toBe(value);
  });

  it.each([
    ['number', 'text/plain', '0x10'],
    ['number', 'text/plain', ''],
    ['number', 'application/json', '"1"'],
    ['boolean', 'text/plain', 'yes'],
    ['string', 'application/json', '1'],
  ] as const)('%s of %s is not %s', (type, contentType, body) => {
    expect(() => read(type, contentType, body)).toThrow(/Expected a/);
  });
});
