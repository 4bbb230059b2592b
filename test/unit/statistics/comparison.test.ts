import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countPairedOutcomes, mcnemar, mcnemarExact, rowsToDecide } from '../../../sidecar/statistics/mcnemar.ts';
import { benjaminiHochberg, holm } from '../../../sidecar/statistics/multiple-testing.ts';
import { equalShares, shareDifference, wilsonInterval } from '../../../sidecar/statistics/proportion.ts';
import { expectNear, expectSameP, oracle } from './oracle.ts';

type Pair = [number, number];
interface TestResult {
  pvalue: number;
}
interface McnemarCase {
  id: string;
  kind: string;
  b: number;
  c: number;
  expected: { exact: TestResult; chi2_corrected: TestResult };
}
interface IntervalCase {
  id: string;
  kind: string;
  successes: number;
  n: number;
  expected: Record<string, Pair>;
}
interface TwoSharesCase {
  id: string;
  kind: string;
  k1: number;
  n1: number;
  k2: number;
  n2: number;
  expected: { z_pooled: { z: number; pvalue: number }; 'difference_newcombe_0.95': Pair };
}
interface CorrectionCase {
  id: string;
  kind: string;
  pvalues: number[];
  expected: Record<'holm_0.05' | 'fdr_bh_0.05', { adjusted: number[] }>;
}
interface RowsCase {
  id: string;
  kind: string;
  p_b: number;
  p_c: number;
  expected: { short_form: number };
}

const { cases } = oracle('model-comparison') as { cases: { id: string; kind: string }[] };
const ofKind = (kind: string): unknown => cases.filter((one) => one.kind === kind);

test.each(ofKind('mcnemar') as McnemarCase[])('statsmodels agrees on $id', ({ b, c, expected }) => {
  expectSameP(mcnemarExact(b, c), expected.exact.pvalue);
  const { p, exact } = mcnemar(b, c);
  expect(exact).toBe(b + c < 25);
  expectSameP(p, exact ? expected.exact.pvalue : expected.chi2_corrected.pvalue);
});

test('two identical models are never told apart', () => {
  expect(mcnemar(0, 0).p).toBe(1);
  const outcomes = countPairedOutcomes([1, 0, 1], [true, false, true]);
  expect(outcomes).toEqual({ rows: 3, bothRight: 2, bothWrong: 1, onlyFirst: 0, onlySecond: 0 });
  expect(countPairedOutcomes([1, 0, 0], [0, 1, 1])).toMatchObject({ onlyFirst: 1, onlySecond: 2 });
  expect(() => countPairedOutcomes([1], [])).toThrow('not on the same ones');
});

test.each(ofKind('mcnemar_rows') as RowsCase[])('the rows needed for $id are known', ({ p_b, p_c, expected }) => {
  expectNear(rowsToDecide(p_b, p_c), expected.short_form);
  expect(rowsToDecide(p_b, p_b)).toBe(Infinity);
});

test.each(ofKind('proportion_interval') as IntervalCase[])(
  'statsmodels agrees on $id',
  ({ successes, n, expected }) => {
    for (const level of [0.9, 0.95, 0.99]) {
      const { low, high } = wilsonInterval(successes, n, level);
      const wanted = expected[`wilson_${level}`]!;
      expectNear(low, wanted[0]);
      expectNear(high, wanted[1]);
    }
  },
);

test.each(ofKind('two_proportions') as TwoSharesCase[])('statsmodels agrees on $id', ({ k1, n1, k2, n2, expected }) => {
  const first = { successes: k1, total: n1 };
  const second = { successes: k2, total: n2 };
  const { z, p } = equalShares(first, second);
  expectNear(z, expected.z_pooled.z);
  expectSameP(p, expected.z_pooled.pvalue);
  const { low, high } = shareDifference(first, second);
  expectNear(low, expected['difference_newcombe_0.95'][0]);
  expectNear(high, expected['difference_newcombe_0.95'][1]);
});

describe.each(ofKind('multiple_testing') as CorrectionCase[])('statsmodels agrees on $id', ({ pvalues, expected }) => {
  test('by Benjamini and Hochberg, and by Holm', () => {
    benjaminiHochberg(pvalues).forEach((p, i) => expectNear(p, expected['fdr_bh_0.05'].adjusted[i]!));
    holm(pvalues).forEach((p, i) => expectNear(p, expected['holm_0.05'].adjusted[i]!));
  });
});

test('a test that could not be made takes no part in the correction', () => {
  expect(benjaminiHochberg([0.01, NaN, 0.04])).toEqual([0.02, NaN, 0.04]);
  expect(holm([])).toEqual([]);
});

test('Wilson intervals hold the observed share, shrink with rows, and grow with the level', () => {
  const counts = fc
    .integer({ min: 1, max: 5000 })
    .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
  fc.assert(
    fc.property(counts, ([successes, n]) => {
      const { low, high } = wilsonInterval(successes, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(successes / n);
      expect(high).toBeGreaterThanOrEqual(successes / n);
      const more = wilsonInterval(4 * successes, 4 * n);
      expect(more.high - more.low).toBeLessThan(high - low);
      const surer = wilsonInterval(successes, n, 0.99);
      expect(surer.high - surer.low).toBeGreaterThan(high - low);
    }),
  );
});
