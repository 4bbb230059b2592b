import { expect, test } from 'vitest';
import { Hash } from '../../../sidecar/contract/ids.ts';
import type { Prediction } from '../../../sidecar/contract/report.ts';
import type { Run } from '../../../sidecar/contract/run.ts';
import { Training } from '../../../sidecar/contract/training.ts';
import { compareRuns } from '../../../sidecar/runs/compare.ts';
import { measureOf, reportOf } from '../../support/report.ts';
import { runOf } from '../../support/run.ts';

const hash = Hash.parse('d'.repeat(64));
const features: NonNullable<Run['nouns']['features']> = {
  hash,
  task: 'classification',
  inputShape: [1],
  classes: ['no', 'yes'],
  rows: { train: 1, validation: 1, test: 200 },
  normalization: { mean: [0], std: [1] },
  columns: [],
  target: null,
};

/** Held-out predictions of 200 rows, wrong on every `step`th one. */
const predictionsOf = (step: number): Prediction[] =>
  Array.from({ length: 200 }, (_, row) => ({
    row: `row ${row}`,
    truth: row % 2,
    predicted: row % step === 0 ? 1 - (row % 2) : row % 2,
    confidence: 0.9,
  }));

const evaluated = (number: number, step: number, changes: Partial<Run> = {}) => {
  const predictions = predictionsOf(step);
  const accuracy = predictions.filter(({ truth, predicted }) => truth === predicted).length / 200;
  const report = reportOf({
    rows: 200,
    predictions: Hash.parse(String(number).repeat(64)),
    measures: [measureOf('accuracy', accuracy, accuracy - 0.05, accuracy + 0.05), measureOf('log_loss', 0.3, 0.2, 0.4)],
  });
  const metric = { name: 'accuracy', value: accuracy, better: 'higher' } as const;
  return { run: runOf(number, { nouns: { features, report }, metric, ...changes }), predictions };
};

const compare = (...list: ReturnType<typeof evaluated>[]) =>
  compareRuns({
    runs: list.map(({ run }) => run),
    curves: [],
    predictions: (report) =>
      list.find(({ run }) => run.nouns.report?.predictions === report.predictions)?.predictions ?? [],
    dataDifferences: {},
  });

test('on the same rows the paired difference decides, though the two intervals overlap', () => {
  const comparison = compare(evaluated(1, 20), evaluated(2, 200));
  expect(comparison.metrics[0]).toMatchObject({ name: 'accuracy', values: [{ delta: null }, { verdict: 'better' }] });
  expect(comparison.metrics[0]?.values[1]?.delta).toBeCloseTo(0.045);
  expect(comparison.metrics.find((row) => row.name === 'log_loss')?.values[1]?.verdict).toBe('same');
  expect(comparison.summary).toBe('r2 is better than r1 on accuracy (+0.0450; 9 predictions fixed, 0 broken).');
});

test('predictions that were fixed or broken are counted, tested, and shown with what each run said', () => {
  const [flip] = compare(evaluated(1, 200), evaluated(2, 20)).predictions;
  expect(flip).toMatchObject({ run: 'r2', rows: 200, fixed: 0, broken: 9 });
  expect(flip?.p).toBeCloseTo(2 / 2 ** 9);
  expect(flip?.examples[0]).toEqual({ row: 'row 20', truth: 'no', base: 'no', other: 'yes', kind: 'broken' });
});

test('a small difference is not told from noise, and equal predictions are the same', () => {
  expect(compare(evaluated(1, 100), evaluated(2, 200)).metrics[0]?.values[1]?.verdict).toBe('cannot_tell');
  expect(compare(evaluated(1, 50), evaluated(2, 50)).metrics[0]?.values[1]?.verdict).toBe('same');
});

test('on other rows only intervals that do not touch decide', () => {
  const other = evaluated(2, 200);
  const moved = { ...other, predictions: other.predictions.map((one) => ({ ...one, row: `other ${one.row}` })) };
  const comparison = compare(evaluated(1, 20), moved);
  expect(comparison.metrics[0]?.values[1]?.verdict).toBe('cannot_tell');
  expect(comparison.predictions).toEqual([]);
});

test('every parameter is there once, and those that differ are marked', () => {
  const training = Training.parse({ model: { name: 'cnn' }, data: { dataset: 'x' }, optimizer: { lr: 0.5 } });
  const { parameters } = compare(evaluated(1, 50), evaluated(2, 50, { training }));
  expect(parameters.filter((row) => row.differs).map((row) => row.name)).toEqual(['data.dataset', 'optimizer.lr']);
  expect(new Set(parameters.map((row) => row.name)).size).toBe(parameters.length);
});
