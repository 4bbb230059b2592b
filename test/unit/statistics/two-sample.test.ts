import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evidentlyScores } from '../../../sidecar/statistics/evidently.ts';
import { kolmogorovAbove, smirnovAbove } from '../../../sidecar/statistics/kolmogorov-distribution.ts';
import { asymptoticP, exactP, kolmogorovSmirnov } from '../../../sidecar/statistics/kolmogorov-smirnov.ts';
import { wasserstein } from '../../../sidecar/statistics/wasserstein.ts';
import { expectNear, expectSameP, oracle, sample } from './oracle.ts';

type Sample = Parameters<typeof sample>[0];
interface Result {
  statistic: number;
  pvalue: number;
}
interface Case {
  id: string;
  reference: Sample;
  current: Sample;
  cleaned_sizes: [number, number];
  expected: { ks_auto: Result; ks_asymp: Result; wasserstein: number };
}
interface Sizes {
  n: number;
  m: number;
  h: number;
  d: number;
  p_exact: number;
  p_asymptotic: number;
}
interface FiniteN {
  n: number;
  d: number;
  sf: number;
  one_sided_sf: number;
}
const {
  cases,
  ks_from_sizes: sizes,
  ks_finite_n_survival: survival,
} = oracle('two-sample') as { cases: Case[]; ks_from_sizes: Sizes[]; ks_finite_n_survival: FiniteN[] };
const isEmpty = ({ cleaned_sizes: [n, m] }: Case) => n === 0 || m === 0;

describe.each(cases.filter((one) => !isEmpty(one)))('SciPy agrees on $id', ({ reference, current, expected }) => {
  const [before, now] = [sample(reference), sample(current)];

  test('in the Kolmogorov–Smirnov test', () => {
    const { statistic, p } = kolmogorovSmirnov(before, now);
    expectNear(statistic, expected.ks_auto.statistic);
    expectSameP(p, expected.ks_auto.pvalue, 'auto');
    expectSameP(kolmogorovSmirnov(before, now, 'asymptotic').p, expected.ks_asymp.pvalue, 'asymptotic');
  });

  test('in the Wasserstein distance', () => expectNear(wasserstein(before, now), expected.wasserstein));
});

test('missing and infinite values are left out, and an empty side is no answer', () => {
  expect(kolmogorovSmirnov([1, NaN, 2], [2, Infinity, 1])).toEqual({ statistic: 0, p: 1 });
  expect(kolmogorovSmirnov([1], [NaN])).toEqual({ statistic: NaN, p: NaN });
  expect(wasserstein([], [1])).toBeNaN();
});

test.each(sizes)(
  'p-values from the sizes $n and $m alone agree at $d',
  ({ n, m, h, d, p_exact: exact, p_asymptotic: asymptotic }) => {
    expectSameP(exactP(n, m, h), Math.min(1, exact), 'exact');
    expectSameP(asymptoticP(n, m, d), asymptotic, 'asymptotic');
  },
);

test.each(survival)('the Kolmogorov distribution agrees at n = $n, d = $d', ({ n, d, sf, one_sided_sf: oneSided }) => {
  expectSameP(kolmogorovAbove(n, d), sf, 'two-sided');
  expectSameP(smirnovAbove(n, d), oneSided, 'one-sided');
});

interface Column {
  id: string;
  type: string;
  reference: Sample;
  current: Sample;
  expected: Partial<Record<'psi' | 'jensenshannon', { score: number } | { error: string }>>;
}
const columns = (oracle('evidently-columns') as { cases: Column[] }).cases.filter(
  ({ type, expected }) => type === 'numerical' && 'score' in (expected.psi ?? {}),
);

test.each(columns)("Evidently's preset gives Evidently's figures on $id", ({ reference, current, expected }) => {
  const scores = evidentlyScores(sample(reference), sample(current));
  expectNear(scores.psi, (expected.psi as { score: number }).score);
  expectNear(scores.jensenShannon, (expected.jensenshannon as { score: number }).score);
});

const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 });

test('the tests know no left and right, and see no difference between a sample and itself', () => {
  fc.assert(
    fc.property(values, values, (first, second) => {
      expect(kolmogorovSmirnov(first, second)).toEqual(kolmogorovSmirnov(second, first));
      expectNear(wasserstein(first, second), wasserstein(second, first));
      expect(kolmogorovSmirnov(first, first)).toEqual({ statistic: 0, p: 1 });
      expect(wasserstein(first, first)).toBe(0);
    }),
  );
});

test('moving a sample by a step moves it by that Wasserstein distance', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: -30, max: 30 }), (first, step) =>
      expectNear(
        wasserstein(
          first,
          first.map((value) => value + step),
        ),
        Math.abs(step),
      ),
    ),
  );
});
