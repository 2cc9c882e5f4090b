import { NdArray } from 'bentonest/tensor';
import { expect, it, onTestFinished } from 'vitest';
import { RunnerHost } from '../runner-host.js';
import type { Runner } from '../runner.js';
import { RunnableMethod } from '../runnable/runnable-method.decorator.js';

class Scribbler {
  private readonly kept = NdArray.from([1, 2], { dtype: 'float32' });

  /** Works in place. */
  @RunnableMethod({ batchable: true })
  double(input: NdArray): NdArray {
    const data = input.data as Float32Array;
    for (let at = 0; at < data.length; at++) data[at] *= 2;
    return input;
  }

  /** Answers what it has. */
  @RunnableMethod()
  keep(): NdArray {
    return this.kept;
  }
}

function start(): Runner<Scribbler> {
  const source = { moduleUrl: '', className: 'Scribbler', options: undefined, runnable: Scribbler };
  const host = new RunnerHost({
    name: 'scribbler',
    embedded: true,
    source: () => Promise.resolve(source),
  });
  onTestFinished(() => host.stop());
  return host.runner as unknown as Runner<Scribbler>;
}

it('leaves the caller’s tensor as it was, as a worker process would', async () => {
  const input = NdArray.from([[1], [2]], { dtype: 'float32' });
  const result = await start().double.run(input);
  expect([...result.data]).toEqual([2, 4]);
  expect([...input.data]).toEqual([1, 2]);
});

it('leaves the Runnable’s own tensor as it was', async () => {
  const runner = start();
  const result = await runner.keep.run();
  (result.data as Float32Array).fill(0);
  expect([...(await runner.keep.run()).data]).toEqual([1, 2]);
});
