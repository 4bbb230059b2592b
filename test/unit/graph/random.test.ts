import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../../sidecar/graph/random.ts';

const draw = (seed: number, count: number): number[] => {
  const { uniform } = createRandom(seed);
  return Array.from({ length: count }, uniform);
};

test('the same seed gives the same numbers, neighbouring seeds unlike ones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
      expect(draw(seed, 8)).toEqual(draw(seed, 8));
      expect(draw(seed, 8)).not.toEqual(draw(seed + 1, 8));
    }),
  );
});

test('uniform numbers fill [0, 1) evenly', () => {
  const counts = new Array<number>(10).fill(0);
  for (const value of draw(3, 100_000)) counts[Math.floor(value * 10)]! += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

test('normal numbers have mean 0, deviation 1 and the tails of a normal distribution', () => {
  const { normal } = createRandom(11);
  const values = Array.from({ length: 100_000 }, normal);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  expect(mean).toBeCloseTo(0, 1.5);
  expect(variance).toBeCloseTo(1, 1.5);
  const outside = values.filter((value) => Math.abs(value) > 1.96).length / values.length;
  expect(Math.abs(outside - 0.05)).toBeLessThan(0.004);
});

test('whole numbers below a bound are as frequent as one another', () => {
  const { below } = createRandom(2);
  const counts = [0, 0, 0];
  for (let draws = 0; draws < 30_000; draws += 1) counts[below(3)]! += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});
