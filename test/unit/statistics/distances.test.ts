import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chiSquareOfCounts, chiSquareOfSamples, poolRareCells } from '../../../sidecar/statistics/chi-square.ts';
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  populationStability,
  smoothedStability,
  totalVariation,
} from '../../../sidecar/statistics/distances.ts';
import {
  chiSquareAbove,
  chiSquareLimit,
  normalAbove,
  normalQuantile,
} from '../../../sidecar/statistics/distributions.ts';
import { createRandom } from '../../../sidecar/statistics/random.ts';
import { expectNear, expectSameP, oracle } from './oracle.ts';

interface SharesCase {
  id: string;
  kind: string;
  p: number[];
  q: number[];
  expected: {
    jensenshannon_e: number;
    kl_e_raw: number;
    psi_filled: number;
    filled_p: number[];
    filled_q: number[];
    tvd: number;
    hellinger: number;
  };
}
interface Result {
  statistic: number;
  pvalue: number;
}
interface TableCase {
  id: string;
  kind: string;
  table: number[][];
  expected: { chi2_plain: Result | { error: string } };
}
interface CountsCase {
  id: string;
  kind: string;
  observed: number[];
  expected_counts: number[] | null;
  expected: { chisquare: Result | { error: string } };
}
const { cases } = oracle('distances') as { cases: { id: string; kind: string }[] };
const ofKind = (kind: string): unknown => cases.filter((one) => one.kind === kind);

test.each(ofKind('shares') as SharesCase[])('SciPy agrees on $id', ({ p, q, expected }) => {
  expectNear(jensenShannon(p, q), expected.jensenshannon_e, 1e-9, 'Jensen–Shannon');
  expectNear(kullbackLeibler(p, q), expected.kl_e_raw, 1e-9, 'Kullback–Leibler');
  expectNear(totalVariation(p, q), expected.tvd, 1e-9, 'total variation');
  // 1 − Σ√(pq) keeps half the digits near 0.
  expect(Math.abs(hellinger(p, q) - expected.hellinger)).toBeLessThan(3e-8);
  expectNear(populationStability(expected.filled_p, expected.filled_q), expected.psi_filled, 1e-9, 'stability');
});

test.each(ofKind('table') as TableCase[])('SciPy agrees on the contingency $id', ({ table, expected }) => {
  if (table.length !== 2 || 'error' in expected.chi2_plain) return;
  const { statistic, p } = chiSquareOfSamples(table[0]!, table[1]!);
  expectNear(statistic, expected.chi2_plain.statistic);
  expectSameP(p, expected.chi2_plain.pvalue);
});

test.each(ofKind('counts') as CountsCase[])(
  'SciPy agrees on $id',
  ({ observed, expected_counts: counts, expected }) => {
    if ('error' in expected.chisquare) return;
    const mean = observed.reduce((sum, count) => sum + count, 0) / observed.length;
    const { statistic, p } = chiSquareOfCounts(observed, counts ?? observed.map(() => mean));
    expectNear(statistic, expected.chisquare.statistic);
    expectSameP(p, expected.chisquare.pvalue);
  },
);

test('a cell that neither sample has says nothing', () => {
  expect(chiSquareOfSamples([5, 0, 5], [6, 0, 4])).toEqual(chiSquareOfSamples([5, 5], [6, 4]));
  expect(chiSquareOfSamples([7], [3])).toEqual({ statistic: 0, p: 1, degrees: 0 });
  expect(chiSquareOfSamples([0], [3]).p).toBeNaN();
});

test('rare cells are pooled, common ones stay', () => {
  expect(poolRareCells([50, 1, 40, 2], [45, 2, 50, 0])).toEqual({ first: [50, 40, 3], second: [45, 50, 2] });
  expect(poolRareCells([50, 40], [45, 50])).toEqual({ first: [50, 40], second: [45, 50] });
});

const shares = fc
  .integer({ min: 1, max: 12 })
  .chain((bins) => fc.tuple(...[0, 1].map(() => fc.array(fc.nat(50), { minLength: bins, maxLength: bins }))))
  .filter((sides) => sides.every((side) => side.some((count) => count > 0))) as fc.Arbitrary<[number[], number[]]>;

test('distances are symmetric, 0 from a side to itself, and within their range', () => {
  fc.assert(
    fc.property(shares, ([first, second]) => {
      for (const distance of [jensenShannon, hellinger, totalVariation, smoothedStability]) {
        expect(Math.abs(distance(first, second) - distance(second, first))).toBeLessThan(1e-7);
        expect(distance(first, first)).toBeLessThan(3e-8);
      }
      expect(jensenShannon(first, second)).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
      expect(hellinger(first, second)).toBeLessThanOrEqual(1);
      expect(totalVariation(first, second)).toBeLessThanOrEqual(1 + 1e-12);
      expect(Number.isFinite(smoothedStability(first, second))).toBe(true);
    }),
  );
});

test('a cell that neither side has changes no stability index', () => {
  expect(smoothedStability([5, 0, 9], [2, 0, 30])).toBe(smoothedStability([5, 9], [2, 30]));
});

test('an empty side has no distance', () => {
  for (const distance of [jensenShannon, hellinger, totalVariation, smoothedStability])
    expect(distance([0, 0], [1, 2])).toBeNaN();
  expect(populationStability([1, 0], [0, 1])).toBe(Infinity);
});

test('without drift the smoothed stability index is about (bins − 1)·(1/n + 1/m)', () => {
  const random = createRandom(11);
  const draw = (rows: number) => {
    const counts = new Float64Array(10);
    for (let i = 0; i < rows; i++) counts[random.below(10)]!++;
    return counts;
  };
  const repeats = 400;
  let sum = 0;
  for (let i = 0; i < repeats; i++) sum += smoothedStability(draw(1000), draw(300));
  expectNear(sum / repeats, 9 * (1 / 1000 + 1 / 300), 0.08);
});

test('limits and tails of the distributions are each other turned round', () => {
  expectNear(normalQuantile(0.975), 1.959963984540054);
  expectNear(normalQuantile(0.5), 0);
  expectSameP(normalAbove(-1.5), 0.9331927987311419);
  expectNear(chiSquareLimit(0.05, 9), 16.918977604620448);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 1e-6, max: 0.999, noNaN: true }), (degrees, tail) =>
      expectSameP(chiSquareAbove(chiSquareLimit(tail, degrees), degrees), tail),
    ),
  );
});
