import { z } from 'zod';
import { Place } from './fault.ts';

const count = z.number().int().nonnegative();

/** The judgement of one condition of `data.checks` on one state of the data. */
export const CheckVerdict = z.object({
  index: count.describe('Position in `data.checks`.'),
  rule: z.string().describe('The condition in words, for example `age is 0 to 120`.'),
  column: z.string().nullable(),
  passed: z.boolean(),
  onFail: z.enum(['block', 'warn']),
  sentence: z.string().describe('What was found, with figures.'),
  count: count.describe('Rows, files or classes that break it.'),
  of: count.describe('Rows, files or classes that were looked at.'),
  examples: z
    .array(z.object({ at: z.string().describe('`row 17`, a path or a class.'), value: z.string().nullable() }))
    .describe('At most 5.'),
  place: Place.describe('Where the condition stands in the configuration.'),
});
export type CheckVerdict = z.infer<typeof CheckVerdict>;

/** All conditions of one configuration on its data. */
export const DataCheck = z.object({
  configuration: z.string().describe('Path of the training.yaml, relative to the workspace.'),
  data: z.string().describe('Path of the data, or the name of a built-in data set.'),
  state: z.string().describe('What was looked at: `disk`, `v3` or `staged (v3)`.'),
  rows: count.nullable().describe('Rows read; null where the data is no table.'),
  files: count,
  blocked: z.boolean().describe('Whether a condition that blocks is broken.'),
  verdicts: z.array(CheckVerdict),
});
export type DataCheck = z.infer<typeof DataCheck>;
