import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BodyBytes } from './body-bytes.js';

it('keeps bytes in their order, whatever the sizes of the chunks', () => {
  const sizes = fc.oneof(
    fc.nat({ max: 3 }),
    fc.integer({ min: 4090, max: 4100 }),
    fc.constant(70_000),
  );
  const property = fc.property(fc.array(fc.array(sizes), { maxLength: 3 }), (rounds) => {
    const bytes = new BodyBytes();
    let next = 0;
    for (const round of rounds) {
      const chunks = round.map((size) => Buffer.alloc(size, next++ % 256));
      for (const chunk of chunks) bytes.add(chunk);
      const whole = Buffer.concat(chunks);
      expect(bytes.length).toBe(whole.length);
      expect(bytes.take().equals(whole)).toBe(true);
    }
  });
  fc.assert(property);
});

it('keeps no small chunk, nor the memory that it is a view of', () => {
  const bytes = new BodyBytes();
  bytes.add(Buffer.from('a'));
  const slab = Buffer.from('bcd');
  for (let i = 0; i < 3; i++) bytes.add(slab.subarray(i, i + 1));
  slab.fill('x');
  expect(bytes.take().toString()).toBe('abcd');
});
