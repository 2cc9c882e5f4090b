import { ImATeapotException, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BentoModule, InjectRunner, NdArray, Runner, nodeRunner } from 'bentonest';
import { RunnableMethod } from 'bentonest/runnable';
import { expect, it, onTestFinished } from 'vitest';
import { createStandIn, overrideRunner } from './index.js';

class Scaler {
  static readonly batches: number[] = [];

  constructor(private readonly options: { readonly factor: number }) {}

  @RunnableMethod({ batchable: true })
  scale2(input: NdArray): NdArray {
    Scaler.batches.push(input.shape[0]);
    return NdArray.from(Array.from(input.data as Float64Array, (x) => x * this.options.factor));
  }
}

@Injectable()
class Pricing {
  constructor(@InjectRunner('scaler') readonly scaler: Runner<Scaler>) {}

  async price(value: number): Promise<unknown> {
    return (await this.scaler.scale2.run(NdArray.from([value]))).toNested();
  }
}

/** As an application has it: its worker would be a process, and its module is none. */
@Module({
  imports: [
    BentoModule.forRoot({ metrics: false, health: false, unregisteredServices: 'ignore' }),
    BentoModule.forFeature({
      providers: [Pricing],
      exports: [Pricing],
      runners: [nodeRunner('scaler', { module: 'file:///nowhere.js', class: 'Scaler' })],
    }),
  ],
})
class PricingModule {}

type Builder = ReturnType<typeof Test.createTestingModule>;

async function createPricing(override: (builder: Builder) => Builder): Promise<Pricing> {
  const builder = Test.createTestingModule({ imports: [PricingModule] });
  const module = await override(builder).compile();
  await module.init();
  onTestFinished(() => module.close());
  return module.get(Pricing);
}

it('answers by a function, or by one for each method', async () => {
  const byFunction = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useValue((input: NdArray) => input),
  );
  expect(await byFunction.price(3)).toEqual([3]);
  const byMethod = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useValue({ scale2: () => NdArray.from([42]) }),
  );
  expect(await byMethod.price(3)).toEqual([42]);
});

it('what the function throws is what the caller gets', async () => {
  const pricing = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useValue(() => {
      throw new RangeError('too dear');
    }),
  );
  await expect(pricing.price(1)).rejects.toThrow(new RangeError('too dear'));
});

it('runs a Runnable class in this process, and batches its calls', async () => {
  const pricing = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useRunnable(Scaler, { factor: 3 }, { maxBatchSize: 2 }),
  );
  const prices = await Promise.all([1, 2, 3].map((value) => pricing.price(value)));
  expect(prices).toEqual([[3], [6], [9]]);
  expect(Scaler.batches).toEqual([2, 1]);
});

class Refusing {
  @RunnableMethod({ batchable: true })
  scale2(): never {
    throw new ImATeapotException('no coffee');
  }
}

it('what the Runnable throws is what the caller would get of a worker', async () => {
  const pricing = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useRunnable(Refusing),
  );
  await expect(pricing.price(1)).rejects.toThrow(new ImATeapotException('no coffee'));
});

it('runs what a definition says in this process', async () => {
  const source = { moduleUrl: '', className: 'Scaler', options: { factor: 5 }, runnable: Scaler };
  const pricing = await createPricing((builder) =>
    overrideRunner(builder, 'scaler').useEmbedded({ name: 'any', source: () => source }),
  );
  expect(await pricing.price(2)).toEqual([10]);
});

it('names the methods of a stand-in that has not the one asked for', async () => {
  const runner = createStandIn('scaler', { other: () => 1 });
  await expect(runner.scale2.run(1)).rejects.toThrow(/no method "scale2", only: other/);
});
