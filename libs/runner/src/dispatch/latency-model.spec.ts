import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyModel } from './latency-model.js';

function learn(model: LatencyModel, a: number, b: number, rounds = 24): void {
  for (let i = 0; i < rounds; i++) {
    const rows = 1 + (i % 8);
    model.observe(rows, a * rows + b);
  }
}

describe('the latency model', () => {
  it('says nothing until it has seen eight batches', () => {
    const model = new LatencyModel();
    for (let i = 0; i < 7; i++) model.observe(i + 1, 10);
    expect(model.predict(4)).toBeUndefined();
    expect(model.coefficients).toBeUndefined();
    model.observe(8, 10);
    expect(model.predict(4)).toBeCloseTo(10);
  });

  it('finds a and b', () => {
    const property = fc.property(
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (a, b) => {
        const model = new LatencyModel();
        learn(model, a, b);
        expect(model.coefficients?.a).toBeCloseTo(a, 3);
        expect(model.coefficients?.b).toBeCloseTo(b, 3);
      },
    );
    fc.assert(property);
  });

  it('is hardly moved by an outlier', () => {
    const model = new LatencyModel();
    learn(model, 1, 10);
    model.observe(4, 1400);
    expect(model.predict(4)).toBeGreaterThan(13);
    expect(model.predict(4)).toBeLessThan(14 * 1.2);
  });

  it('follows a lasting change within some tens of batches', () => {
    const model = new LatencyModel();
    learn(model, 1, 10, 100);
    learn(model, 3, 30, 60);
    expect(model.predict(4)).toBeGreaterThan(42 * 0.75);
    learn(model, 3, 30, 200);
    expect(model.predict(4)).toBeGreaterThan(42 * 0.95);
    expect(model.predict(4)).toBeLessThan(42 * 1.05);
  });

  it('takes batches of one size to cost the same at any size', () => {
    const model = new LatencyModel();
    for (let i = 0; i < 20; i++) model.observe(4, 12);
    expect(model.coefficients?.a).toBe(0);
    expect(model.predict(64)).toBeCloseTo(12);
  });

  it('has neither a nor b below zero, whatever it sees', () => {
    const observations = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 512 }), fc.double({ min: 0, max: 1e4, noNaN: true })),
      { minLength: 8 },
    );
    const property = fc.property(observations, (all) => {
      const model = new LatencyModel();
      for (const [rows, ms] of all) model.observe(rows, ms);
      expect(model.coefficients?.a).toBeGreaterThanOrEqual(0);
      expect(model.coefficients?.b).toBeGreaterThanOrEqual(0);
    });
    fc.assert(property);
  });
});
