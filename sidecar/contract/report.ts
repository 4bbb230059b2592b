import { z } from 'zod';
import { Hash } from './ids.ts';

/** A measured number with its 95 % interval, null where none is defined. */
export const Measure = z.object({
  name: z.string(),
  value: z.number().nullable().describe('Null where the metric is undefined on these rows.'),
  low: z.number().nullable(),
  high: z.number().nullable(),
  rows: z.number().int().nonnegative(),
  better: z.enum(['higher', 'lower']),
});
export type Measure = z.infer<typeof Measure>;

export const ClassMeasure = z.object({
  class: z.string(),
  support: z.number().int().nonnegative(),
  precision: z.number().nullable(),
  recall: z.number().nullable(),
  f1: z.number().nullable(),
  /** 95 % Wilson interval of the recall. */
  recallLow: z.number().nullable(),
  recallHigh: z.number().nullable(),
});
export type ClassMeasure = z.infer<typeof ClassMeasure>;

export const CalibrationBin = z.object({
  low: z.number(),
  high: z.number(),
  rows: z.number().int().nonnegative(),
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});
export type CalibrationBin = z.infer<typeof CalibrationBin>;

/** What the stage `evaluate` gives. Rows and columns of the confusion matrix: true class, predicted class. */
export const Report = z.object({
  rows: z.number().int().nonnegative().describe('Held-out rows scored.'),
  measures: z.array(Measure),
  classes: z.array(ClassMeasure),
  confusion: z
    .object({ labels: z.array(z.string()), counts: z.array(z.array(z.number().int().nonnegative())) })
    .nullable(),
  calibration: z.array(CalibrationBin),
  predictions: Hash.describe('Object with every held-out prediction.'),
  latencyMs: z.object({ p50: z.number(), p95: z.number() }).describe('One row at a time, on the CPU.'),
  /** The champion scored on the same held-out rows; null when there is none or it takes other inputs. */
  champion: z
    .object({ version: z.number().int().positive(), measures: z.array(Measure), predictions: Hash })
    .nullable(),
  /** Why the champion was not scored, when there is one. */
  championNote: z.string().nullable(),
});
export type Report = z.infer<typeof Report>;

/** One held-out prediction, as the object named by `Report.predictions` lists them (JSON array). */
export const Prediction = z.object({
  row: z.string().describe('Path of the image, or `row 17` of a table.'),
  truth: z.number().describe('Class index, or the value for regression.'),
  predicted: z.number(),
  confidence: z.number().nullable(),
});
export type Prediction = z.infer<typeof Prediction>;
