import { expect, test } from 'vitest';
import { regressionScores } from '../../../sidecar/statistics/regression.ts';
import { expectNear, oracle } from './oracle.ts';

const names = {
  mae: 'mae',
  mse: 'mse',
  rmse: 'rmse',
  r2: 'r2',
  mape: 'mape',
  medianAbsoluteError: 'median_absolute_error',
  maxError: 'max_error',
  bias: 'mean_error_predicted_minus_truth',
} as const;

interface Case {
  id: string;
  truth: number[];
  predicted: number[];
  weights?: number[];
  expected: Record<string, number>;
}
const cases = (oracle('regression-metrics') as { cases: Case[] }).cases.filter(
  ({ id, weights }) => !['empty', 'with-nan'].includes(id) && weights === undefined,
);

test.each(cases)('scikit-learn agrees on $id', ({ truth, predicted, expected }) => {
  const scores = regressionScores(truth, predicted);
  for (const [ours, theirs] of Object.entries(names))
    expectNear(scores[ours as keyof typeof names], expected[theirs]!, 1e-9, ours);
});

test('without rows no score is known, and unequal lengths are refused', () => {
  expect(Object.values(regressionScores([], [])).every(Number.isNaN)).toBe(true);
  expect(() => regressionScores([1], [])).toThrow('1 true values but 0 predicted');
});
