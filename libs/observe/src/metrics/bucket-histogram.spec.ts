import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { BucketHistogram } from './bucket-histogram.js';

const configuration = {
  name: 'h',
  help: 'a help',
  labelNames: ['endpoint', 'code'],
  buckets: [0.005, 0.1, 1, 60],
};

it('is written as prom-client writes its own histogram, whatever was observed', async () => {
  const samples = fc.array(
    fc.record({
      endpoint: fc.constantFrom('/a', '/b"\\\n'),
      code: fc.constantFrom(200, 404),
      value: fc.oneof(
        fc.constantFrom(0, 0.005, 1, 60, 61),
        fc.double({ min: 0, max: 100, noNaN: true }),
      ),
    }),
    { minLength: 1 },
  );
  const property = fc.asyncProperty(samples, async (values) => {
    const [stock, ours] = [new Registry(), new Registry()];
    const theirs = new Histogram({ ...configuration, registers: [stock] });
    const counted = new BucketHistogram({ ...configuration, registers: [ours] });
    for (const { value, ...labels } of values) {
      theirs.labels(labels).observe(value);
      counted.seriesOf(labels).record(value);
    }
    expect(sorted(await ours.metrics())).toEqual(sorted(await stock.metrics()));
    const [json] = (await ours.getMetricsAsJSON()) as object[];
    const [stockJson] = (await stock.getMetricsAsJSON()) as object[];
    expect(Object.keys(json)).toEqual(expect.arrayContaining(Object.keys(stockJson)));
  });
  await fc.assert(property, { numRuns: 50 });
});

/** Lines of the text, labels of a line in one order. */
function sorted(text: string): string[] {
  return text
    .split('\n')
    .map((line) => {
      const match = /^(\S+?)\{(.*)\} (\S+)$/.exec(line);
      return match === null
        ? line
        : `${match[1]} ${match[2].split(',').toSorted().join()} ${match[3]}`;
    })
    .toSorted();
}
