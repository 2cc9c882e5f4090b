import { describe, expect, it } from 'vitest';
import { LOADS, MODELS, simulateGoodput } from './goodput.js';

const runs = Object.entries(MODELS).flatMap(([name, model]) =>
  LOADS.map((load) => ({ name, model, load })),
);

describe('goodput under Poisson arrivals', () => {
  it.each(runs)('is 95 % of the ideal at $load × capacity: $name', async ({ model, load }) => {
    const { goodput } = await simulateGoodput(model, { load, seconds: 4, seed: 7 });
    expect(goodput).toBeGreaterThanOrEqual(0.95);
    // Above 1 the simulation would have let more through than the model can do.
    expect(goodput).toBeLessThanOrEqual(1);
  });

  it('is the same for the same seed', async () => {
    const options = { load: 2, seconds: 0.5, seed: 3 };
    const first = await simulateGoodput(MODELS.balanced, options);
    expect(await simulateGoodput(MODELS.balanced, options)).toEqual(first);
    expect(first.calls).toBeGreaterThan(first.ideal);
  });
});
