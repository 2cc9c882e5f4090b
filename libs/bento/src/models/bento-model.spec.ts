import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { Api } from 'bentonest/serving';
import { BentoService } from 'bentonest/serving';
import { ModelStore } from 'bentonest/model-store';
import { BentoModule } from '../bento.module.js';
import { BentoModel, InjectModel, bentoModel, getModelToken } from './bento-model.js';

@BentoService()
class Shows {
  constructor(
    @InjectModel('iris_clf') readonly model: BentoModel,
    readonly store: ModelStore,
  ) {}

  @Api({ method: 'GET' })
  metadata(): unknown {
    return this.model.tag;
  }
}

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  vi.stubEnv('BENTOML_HOME', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
});

function compile(options: { home?: string } = {}) {
  const feature = { services: [Shows], models: [bentoModel('iris_clf', options)] };
  return Test.createTestingModule({
    imports: [BentoModule.forRoot(), BentoModule.forFeature(feature)],
  });
}

it('a service injects a model of the store, and the store itself', async () => {
  const files = { 'saved_model.onnx': Buffer.from('model') };
  const said = { labels: { a: 'b' }, metadata: { accuracy: 0.9 }, customMetadata: { ticket: 7 } };
  await new ModelStore().save('iris_clf', files, { version: 'v1', ...said });
  const module = await compile().compile();
  const { model, store } = module.get(Shows);
  expect(model).toBeInstanceOf(BentoModel);
  expect(model).toMatchObject({ tag: { name: 'iris_clf', version: 'v1' }, ...said });
  expect(model.path).toBe(join(home, 'models/iris_clf/v1'));
  expect((await store.list()).map(({ tag }) => tag.toString())).toEqual(['iris_clf:v1']);
});

it('takes it from another store where one is named', async () => {
  await new ModelStore().save('iris_clf', { x: Buffer.alloc(1) }, { version: 'v1' });
  vi.stubEnv('BENTOML_HOME', '/nowhere');
  const module = await compile({ home }).compile();
  expect(module.get(Shows).model.tag.version).toBe('v1');
});

it('ends the start where the store does not have it', async () => {
  await expect(compile().compile()).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

it('is replaced in a test by its token', async () => {
  const module = await compile().overrideProvider(getModelToken('iris_clf')).useValue(7).compile();
  expect(module.get(Shows).model).toBe(7);
});

it('has a tag by the grammar', () => {
  expect(() => bentoModel('../evil')).toThrow('Expected a tag');
});
