import { z } from 'zod';
import { Hash } from './ids.ts';

export const Task = z.enum(['classification', 'regression']);
export type Task = z.infer<typeof Task>;

const fill = z.number().describe('Replaces a missing value: the mean of the training rows.');

/** How one column of a table becomes numbers. Everything in it was learned on training rows only. */
export const ColumnTransform = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('number'), column: z.string(), fill }),
  z.object({
    kind: z.literal('scaled'),
    column: z.string(),
    fill,
    shift: z.number().describe('What is taken away: the mean, or the smallest value.'),
    scale: z.number().describe('What is then divided by: the deviation, or the range.'),
  }),
  z.object({ kind: z.literal('log1p'), column: z.string(), fill }),
  z.object({
    kind: z.literal('onehot'),
    column: z.string(),
    categories: z.array(z.string()).describe('Known categories, most frequent first; an unknown one gives all zeros.'),
    others: z.literal(true).optional().describe('One cell more, for every category that is not listed.'),
  }),
  z.object({ kind: z.literal('hash'), column: z.string(), buckets: z.number().int().positive() }),
  z.object({
    kind: z.literal('bucket'),
    column: z.string(),
    boundaries: z.array(z.number()).describe('Inner boundaries, ascending; a value equal to one is in the upper cell.'),
  }),
  z.object({
    kind: z.literal('date'),
    column: z.string(),
    fill: z.array(z.number()).describe('Replaces a missing date: mean year, month, day, weekday and hour.'),
  }),
]);
export type ColumnTransform = z.infer<typeof ColumnTransform>;

export const SplitRows = z.object({
  train: z.number().int().nonnegative(),
  validation: z.number().int().nonnegative(),
  test: z.number().int().nonnegative(),
});
export type SplitRows = z.infer<typeof SplitRows>;

/** What the stage `featurize` gives: rows of numbers, split, with the transforms that made them. */
export const Features = z.object({
  hash: Hash.describe('Names the folder of decoded rows in the feature store.'),
  task: Task,
  /** `[C, H, W]` for images, `[F]` for tables. */
  inputShape: z.array(z.number().int().positive()),
  classes: z.array(z.string()).describe('Class names in index order; empty for regression.'),
  rows: SplitRows,
  normalization: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }),
  columns: z.array(ColumnTransform).describe('Empty for images.'),
  target: z.string().nullable().describe('Target column of a table.'),
});
export type Features = z.infer<typeof Features>;
