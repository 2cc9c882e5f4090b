import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseModelInfo } from '../model-info.js';
import { addModel, modelYaml, temporaryFolder } from '../model-store.fixture.js';
import { ModelStore } from '../model-store.js';
import { Tag } from '../tag.js';
import { renderModelYaml } from '../write/render-model-yaml.js';
import { readSummary } from './summary.js';

let home: string;
let store: ModelStore;

beforeEach(async () => {
  home = await temporaryFolder(onTestFinished);
  store = new ModelStore({ home });
});

describe('list', () => {
  it('has the models of the store, or of a name, the newest first', async () => {
    await addModel(home, 'mlp', 'old');
    const { tag } = await store.save('mlp', { 'weights.bin': Buffer.alloc(1000) });
    await store.save('iris_clf', { 'saved_model.onnx': Buffer.alloc(10) }, { labels: { a: 'b' } });
    const all = await store.list();
    expect(all.map((model) => model.tag.name)).toEqual(['iris_clf', 'mlp', 'mlp']);
    expect(all[0]).toMatchObject({ module: 'bentoml.onnx', labels: { a: 'b' } });
    expect(all[1].sizeBytes).toBeGreaterThan(1000);
    const tags = (await store.list('mlp')).map((model) => model.tag.toString());
    expect(tags).toEqual([tag.toString(), 'mlp:old']);
    expect(await store.list(undefined, { labels: { a: 'b' } })).toHaveLength(1);
    expect(await store.list(undefined, { labels: { a: 'c' } })).toEqual([]);
  });

  it('is empty where there is no store, and for a name that has none', async () => {
    expect(await new ModelStore({ home: join(home, 'none') }).list()).toEqual([]);
    expect(await store.list('mlp')).toEqual([]);
    await expect(store.list('../mlp')).rejects.toMatchObject({ code: 'INVALID_TAG' });
  });

  it('tells of models that it cannot show, and shows the others', async () => {
    await addModel(home, 'good', 'v1');
    await addModel(home, 'broken', 'v1');
    await writeFile(join(home, 'models/broken/v1/model.yaml'), 'name: other\n');
    await mkdir(join(home, 'models/written/v1'), { recursive: true });
    await addModel(home, 'linked', 'v1');
    await rm(join(home, 'models/linked/v1'), { recursive: true });
    await symlink('/etc', join(home, 'models/linked/v1'));
    const problems: string[] = [];
    const models = await store.list(undefined, {
      onProblem: (tag, problem) => problems.push(`${tag.toString()} ${problem}`),
    });
    expect(models.map(({ tag }) => tag.toString())).toEqual(['good:v1']);
    expect(problems.toSorted()).toEqual([
      expect.stringContaining('broken:v1 Expected model.yaml of broken:v1 to hold name "broken"'),
      expect.stringContaining('linked:v1 Expected "v1" to lie in the model store'),
      'written:v1 It has no model.yaml.',
    ]);
  });
});

describe('the summary of a model.yaml', () => {
  it('is what the parser reads, however it is written', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const labels = fc.dictionary(fc.oneof(fc.stringMatching(/^[\w./-]{1,8}$/), text), text);
    const tag = new Tag('iris_clf', 'v1');
    const property = fc.asyncProperty(
      labels,
      fc.oneof(fc.constant('bentoml.onnx'), text),
      async (l, module) => {
        const yaml = renderModelYaml(tag, { labels: l, module, metadata: { name: 'x' } }, {});
        const { createdAt, labels: read, module: readModule } = parseModelInfo(yaml, tag);
        const {
          createdAt: time,
          labels: quick,
          module: quickModule,
        } = await readSummary(yaml, tag);
        expect([quick, quickModule, time]).toEqual([read, readModule, createdAt]);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  }, 30_000);

  it.each([
    ['a version that looks like a number', { version: '12e4' }],
    ['labels in one line', { labels: '{a: b}' }],
    ['a module with a comment', { module: 'bentoml.onnx # really' }],
    ['labels that are numbers', { labels: '\n  a: 1\n  b: yes' }],
    ['folded labels', { labels: '\n  a: one\n    two' }],
  ])('is the same with %s', async (_name, lines) => {
    const tag = new Tag('iris_clf', (lines as { version?: string }).version ?? 'v1');
    const yaml = modelYaml('iris_clf', 'v1', lines);
    const { labels, module } = parseModelInfo(yaml, tag);
    expect(await readSummary(yaml, tag)).toMatchObject({ labels, module });
  });

  it('is refused for another model', async () => {
    const yaml = modelYaml('iris_clf', 'v1');
    await expect(readSummary(yaml, new Tag('iris_clf', 'v2'))).rejects.toThrow('its folder');
  });
});
