import { describe, expect, test } from 'vitest';
import {
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
} from '../../../sidecar/statistics/calibration.ts';
import { expectNear, oracle } from './oracle.ts';

interface Case {
  id: string;
  kind: string;
  truth: number[];
  scores: number[] | number[][];
  expected: Record<string, number>;
}
const { cases } = oracle('calibration') as { cases: Case[] };

describe.each(cases.filter(({ kind }) => kind === 'binary'))('netcal agrees on $id', ({ truth, scores, expected }) => {
  test.each([5, 10, 15])('with %i bins', (bins) => {
    const diagram = reliabilityBins(scores as number[], truth, bins);
    expectNear(expectedCalibrationError(diagram), expected[`ece_${bins}`]!);
    expectNear(maximumCalibrationError(diagram), expected[`mce_${bins}`]!);
  });
});

test.each([5, 10, 15])('netcal agrees on the confidence of the top class with %i bins', (bins) => {
  const { truth, scores, expected } = cases.find(({ id }) => id === 'multi-120')!;
  const top = (scores as number[][]).map((row) => row.indexOf(Math.max(...row)));
  const diagram = reliabilityBins(
    (scores as number[][]).map((row) => Math.max(...row)),
    top.map((k, row) => k === truth[row]),
    bins,
  );
  expectNear(expectedCalibrationError(diagram), expected[`ece_${bins}`]!);
});

test('every row is in one bin, and empty bins say so', () => {
  const diagram = reliabilityBins([0, 0.3, 1], [0, 1, 1], 4);
  expect(diagram.map(({ rows }) => rows)).toEqual([1, 1, 0, 1]);
  expect(diagram[2]!.accuracy).toBeNaN();
  expect(expectedCalibrationError(reliabilityBins([], []))).toBeNaN();
  expect(maximumCalibrationError(reliabilityBins([], []))).toBeNaN();
});
