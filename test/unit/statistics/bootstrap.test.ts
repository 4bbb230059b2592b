import { describe, expect, test } from 'vitest';
import {
  bootstrapMean,
  bootstrapPairedMean,
  drawRows,
  percentileInterval,
  resample,
} from '../../../sidecar/statistics/bootstrap.ts';
import { bootstrapConfusion, bootstrapPairedConfusion } from '../../../sidecar/statistics/bootstrap-confusion.ts';
import { accuracy, classScores, macroScores } from '../../../sidecar/statistics/classification.ts';
import { momentsOf, variance } from '../../../sidecar/statistics/moments.ts';
import { quantile } from '../../../sidecar/statistics/quantile.ts';
import { createRandom } from '../../../sidecar/statistics/random.ts';
import { expectNear, lcg, oracle } from './oracle.ts';

interface Case {
  id: string;
  kind: string;
  data: number[][];
  paired: boolean;
  replicates: number;
  indices: { seed: number };
  expected: Record<'percentile_0.95' | 'percentile_0.9', [number, number]> & { replicates_first_5: number[] };
}

const cases = (oracle('model-comparison') as { cases: Case[] }).cases.filter(({ kind }) => kind === 'bootstrap');
const statistics: Record<string, (values: Float64Array) => number> = {
  'bootstrap-median-50': (values) => quantile(values.sort(), 0.5),
  'bootstrap-std-25': (values) => Math.sqrt(variance(momentsOf(values), 1)),
};
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(cases)(
  'SciPy agrees on $id, given the same resamples',
  ({ id, data, paired, replicates, indices, expected }) => {
    test('in each replicate and in the percentile interval', () => {
      const next = lcg(indices.seed);
      const values = Float64Array.from(data[0]!, (value, row) => (paired ? value - data[1]![row]! : value));
      const statistic = statistics[id] ?? mean;
      const found = resample({
        rows: values.length,
        resamples: replicates,
        draw: (rows) => rows.forEach((_, i) => (rows[i] = Math.floor(next() * rows.length))),
        statistic: (rows) => statistic(Float64Array.from(rows, (row) => values[row]!)),
      });
      expected.replicates_first_5.forEach((replicate, i) => expectNear(found[i]!, replicate));
      for (const level of [0.9, 0.95] as const) {
        const { low, high } = percentileInterval(found, level);
        expectNear(low, expected[`percentile_${level}`][0]);
        expectNear(high, expected[`percentile_${level}`][1]);
      }
    });
  },
);

const simulated = (rows: number, right: number, seed: number) => {
  const random = createRandom(seed);
  const truth = Uint8Array.from({ length: rows }, () => random.below(10));
  return { truth, predict: () => truth.map((k) => (random.next() < right ? k : random.below(10))) };
};
const scores = { accuracy, f1: (confusion: Parameters<typeof accuracy>[0]) => macroScores(classScores(confusion)).f1 };

test('equal seeds give equal intervals, other seeds other ones', () => {
  const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  expect(bootstrapMean(values, { seed: 3 })).toEqual(bootstrapMean(values, { seed: 3 }));
  expect(bootstrapMean(values, { seed: 3 })).not.toEqual(bootstrapMean(values, { seed: 4 }));
});

test('the interval of a mean agrees with its closed form', () => {
  const random = createRandom(1);
  const values = Float64Array.from({ length: 400 }, random.normal);
  const { value, low, high } = bootstrapMean(values, { resamples: 4000 });
  const reach = 1.96 * Math.sqrt(variance(momentsOf(values), 1) / values.length);
  expect(Math.abs(value - low - reach)).toBeLessThan(0.1 * reach);
  expect(Math.abs(high - value - reach)).toBeLessThan(0.1 * reach);
});

test('two identical models differ by exactly nothing', () => {
  const { truth, predict } = simulated(300, 0.8, 5);
  const first = predict();
  const { accuracy: difference } = bootstrapPairedConfusion({ truth, first, second: first, classes: 10, scores });
  expect(difference).toEqual({ value: 0, low: 0, high: 0 });
  expect(bootstrapPairedMean([1, 2, 3], [1, 2, 3])).toEqual({ value: 0, low: 0, high: 0 });
  expect(() => bootstrapPairedMean([1], [1, 2])).toThrow('not on the same ones');
});

test('pairing is real: shuffling the rows of one model widens the interval', () => {
  const { truth, predict } = simulated(500, 0.7, 7);
  const random = createRandom(8);
  const first = predict();
  const second = first.map((k) => (random.next() < 0.97 ? k : random.below(10)));
  const right = (predicted: Uint8Array) => Array.from(predicted, (k, row) => (k === truth[row] ? 1 : 0));
  const paired = bootstrapPairedMean(right(first), right(second));
  const apart = bootstrapPairedMean(right(first), right(second).sort());
  expect(apart.high - apart.low).toBeGreaterThan(2 * (paired.high - paired.low));
});

test('95 % intervals of an accuracy hold the true one about 95 times in 100', () => {
  let held = 0;
  for (let repeat = 0; repeat < 300; repeat++) {
    const { truth, predict } = simulated(200, 0.8, 100 + repeat);
    const interval = bootstrapConfusion({
      truth,
      predicted: predict(),
      classes: 10,
      scores: { accuracy },
      resamples: 400,
    });
    // A prediction is right by choice, or by luck one time in ten.
    if (interval.accuracy.low <= 0.82 && interval.accuracy.high >= 0.82) held++;
  }
  expect(held / 300).toBeGreaterThan(0.9);
  expect(held / 300).toBeLessThan(0.99);
});

test('1,000 resamples of 2,000 rows with several scores take well under a second', () => {
  const { truth, predict } = simulated(2000, 0.8, 9);
  const [first, second] = [predict(), predict()];
  const started = performance.now();
  bootstrapConfusion({ truth, predicted: first, classes: 10, scores, resamples: 1000 });
  bootstrapPairedConfusion({ truth, first, second, classes: 10, scores, resamples: 1000 });
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a statistic that is often undefined has no interval', () => {
  const fragile = resample({
    rows: 4,
    resamples: 200,
    draw: drawRows(1),
    statistic: (rows) => (rows[0] === 0 ? NaN : 1),
  });
  expect(percentileInterval(fragile)).toEqual({ low: NaN, high: NaN });
  expect(percentileInterval(new Float64Array(0))).toEqual({ low: NaN, high: NaN });
});
