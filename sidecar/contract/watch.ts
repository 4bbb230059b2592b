import { z } from 'zod';
import { Hash, Instant } from './ids.ts';

export const DriftVerdict = z.enum(['stable', 'drifting', 'cannot_tell']);
export type DriftVerdict = z.infer<typeof DriftVerdict>;

/** What the stage `monitor` gives: a watch over one deployment. */
export const Watch = z.object({
  endpoint: z.string(),
  version: z.number().int().positive(),
  reference: Hash,
  features: z.array(z.string()),
  windowRows: z.number().int().positive().describe('A window closes after this many rows …'),
  windowMs: z.number().int().positive().describe('… or after this time, whichever comes first.'),
  since: Instant,
});
export type Watch = z.infer<typeof Watch>;

export const DriftScores = z.object({
  psi: z.number().nullable(),
  jensenShannon: z.number().nullable(),
  /** Two-sample Kolmogorov–Smirnov on the reference bins; null for categories. */
  ks: z.object({ statistic: z.number(), p: z.number() }).nullable(),
  /** Chi-square on the reference categories; null for numbers. */
  chiSquare: z.object({ statistic: z.number(), p: z.number() }).nullable(),
});
export type DriftScores = z.infer<typeof DriftScores>;

/** One watched feature: its distance now, its trend, and two histograms on the same bins. */
export const FeatureDrift = z.object({
  feature: z.string(),
  kind: z.enum(['input', 'prediction']),
  type: z.enum(['number', 'category']),
  verdict: DriftVerdict,
  sentence: z.string().describe('What happened, in words, with figures.'),
  advice: z.string().nullable().describe('What to do about it.'),
  score: z.number().nullable().describe('PSI of the newest window.'),
  threshold: z.number(),
  scores: DriftScores,
  trend: z.array(z.object({ at: Instant, score: z.number() })).describe('PSI of the last windows, oldest first.'),
  bins: z.array(z.string()).describe('Label of each bin or category.'),
  reference: z.array(z.number()).describe('Share of each bin in the reference.'),
  current: z.array(z.number()).describe('Share of each bin in the newest window.'),
  since: Instant.nullable().describe('When the alarm rose.'),
});
export type FeatureDrift = z.infer<typeof FeatureDrift>;

export const DriftReport = z.object({
  endpoint: z.string(),
  version: z.number().int().positive(),
  rows: z.number().int().nonnegative().describe('Rows seen since deployment.'),
  windowRows: z.number().int().nonnegative().describe('Rows in the newest window.'),
  windows: z.number().int().nonnegative().describe('Closed windows since deployment.'),
  from: Instant.nullable(),
  to: Instant.nullable(),
  alarm: z.boolean(),
  summary: z.string(),
  features: z.array(FeatureDrift).describe('Largest distance first.'),
  /** Accuracy on the rows whose labels have arrived. */
  realized: z.object({
    rows: z.number().int().nonnegative(),
    accuracy: z.number().nullable(),
    low: z.number().nullable(),
    high: z.number().nullable(),
    atDeployment: z.number().nullable(),
  }),
});
export type DriftReport = z.infer<typeof DriftReport>;
