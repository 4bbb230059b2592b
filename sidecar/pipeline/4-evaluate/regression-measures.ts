import type { Measure } from '../../contract/report.ts';
import { bootstrapMean } from '../../statistics/bootstrap.ts';
import { regressionScores } from '../../statistics/regression.ts';
import { bare, toMeasure } from './classification-measures.ts';

/** Everything that is said of a regression on held-out rows; means of row errors carry a 95 % interval. */
export const measureRegression = (truth: Float32Array, predicted: Float32Array): Measure[] => {
  const scores = regressionScores(truth, predicted);
  const errors = Float64Array.from(truth, (value, row) => (predicted[row] ?? Number.NaN) - value);
  const rows = truth.length;
  const squared = bootstrapMean(errors.map((error) => error * error));
  return [
    toMeasure(
      'rmse',
      { value: scores.rmse, low: Math.sqrt(squared.low), high: Math.sqrt(squared.high) },
      rows,
      'lower',
    ),
    toMeasure('mae', bootstrapMean(errors.map(Math.abs)), rows, 'lower'),
    toMeasure('mse', squared, rows, 'lower'),
    bare('r2', scores.r2, rows, 'higher'),
    bare('mape', scores.mape, rows, 'lower'),
    bare('median_absolute_error', scores.medianAbsoluteError, rows, 'lower'),
    bare('max_error', scores.maxError, rows, 'lower'),
  ];
};
