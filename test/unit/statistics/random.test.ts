import { expect, test } from 'vitest';
import { addToMoments, mergeMoments, momentsOf, noMoments, variance } from '../../../sidecar/statistics/moments.ts';
import { quantile, sortFinite } from '../../../sidecar/statistics/quantile.ts';
import { createRandom, shuffle } from '../../../sidecar/statistics/random.ts';
import fc from 'fast-check';
import { expectNear, oracle, sample } from './oracle.ts';

test('a seed determines the stream', () => {
  const draw = (seed: number) => {
    const { next } = createRandom(seed);
    return Array.from({ length: 5 }, next);
  };
  expect(draw(42)).toEqual(draw(42));
  expect(draw(42)).not.toEqual(draw(43));
});

test('the stream is uniform in each of 64 cells and normal numbers have mean 0 and variance 1', () => {
  const random = createRandom(7);
  const cells = new Float64Array(64);
  for (let i = 0; i < 64_000; i++) cells[random.below(64)]!++;
  const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(chiSquare).toBeGreaterThan(33);
  expect(chiSquare).toBeLessThan(104);
  const normal = momentsOf(Float64Array.from({ length: 40_000 }, random.normal));
  expect(Math.abs(normal.mean)).toBeLessThan(0.02);
  expect(Math.abs(variance(normal) - 1)).toBeLessThan(0.03);
});

test('a shuffle keeps every value', () => {
  const values = Uint32Array.from({ length: 100 }, (_, i) => i);
  shuffle(values, createRandom(1));
  expect(Array.from(values)).not.toEqual(Array.from(values).sort((a, b) => a - b));
  expect(Array.from(values.sort())).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('moments of two streams merge into those of both', () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(numbers, numbers, (first, second) => {
      const merged = mergeMoments(momentsOf(first), momentsOf(second));
      const whole = [...first, ...second].reduce(addToMoments, noMoments);
      expect(merged.count).toBe(whole.count);
      expect(merged.min).toBe(whole.min);
      expect(merged.max).toBe(whole.max);
      expect(Math.abs(merged.mean - whole.mean)).toBeLessThan(1e-6);
      expect(Math.abs(merged.squares - whole.squares)).toBeLessThanOrEqual(1e-9 * whole.squares + 1e-3);
    }),
  );
});

interface Histogram {
  id: string;
  kind: string;
  expected: { quantiles?: { linear: number[] }; moments?: Record<'mean' | 'std_n' | 'std_n_minus_1', number> };
}
const samples = oracle('two-sample') as { cases: { id: string; reference: (number | null)[] }[] };
const histograms = (oracle('distances') as { cases: Histogram[] }).cases.filter(({ kind }) => kind === 'histogram');

test.each(histograms.filter(({ id }) => !id.endsWith('huge-range')))(
  'NumPy agrees on quantiles and moments of $id',
  ({ id, expected }) => {
    const values = sample(samples.cases.find((one) => `histogram-${one.id}` === id)!.reference);
    const ascending = sortFinite(values);
    [0, 0.1, 0.25, 0.5, 0.9, 0.99, 1].forEach((share, i) =>
      expectNear(quantile(ascending, share), expected.quantiles!.linear[i]!, 1e-9, `${share}`),
    );
    const moments = momentsOf(values);
    expectNear(moments.mean, expected.moments!.mean);
    expectNear(Math.sqrt(variance(moments)), expected.moments!.std_n);
    expectNear(Math.sqrt(variance(moments, 1)), expected.moments!.std_n_minus_1);
  },
);

test('quantiles of nothing are unknown', () => {
  expect(quantile([], 0.5)).toBeNaN();
  expect(Array.from(sortFinite([3, NaN, 1, Infinity]))).toEqual([1, 3]);
});
