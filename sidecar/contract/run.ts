import { z } from 'zod';
import { Candidate, Fingerprints } from './candidate.ts';
import { Clearance } from './clearance.ts';
import { Dataset } from './dataset.ts';
import { Deployment } from './deployment.ts';
import { FaultReport } from './fault.ts';
import { Features } from './features.ts';
import { Instant, RunId, StageName } from './ids.ts';
import { Model } from './model.ts';
import { Report } from './report.ts';
import { Training } from './training.ts';
import { Watch } from './watch.ts';

export const RunStatus = z.enum(['queued', 'running', 'done', 'held', 'failed', 'cancelled', 'interrupted']);
export type RunStatus = z.infer<typeof RunStatus>;

export const StageRecord = z.object({
  stage: StageName,
  status: z.enum(['waiting', 'running', 'done', 'reused', 'held', 'failed', 'cancelled', 'skipped']),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** 0 … 1, null when unknown. */
  fraction: z.number().nullable(),
  note: z.string().nullable().describe('What it is doing, or what it gave, in a few words.'),
  remainingMs: z
    .number()
    .nonnegative()
    .optional()
    .describe('While it runs, where the work itself knows: milliseconds until its end.'),
});
export type StageRecord = z.infer<typeof StageRecord>;

/** Everything that the stages of a run have given so far. */
export const Nouns = z.object({
  dataset: Dataset.optional(),
  features: Features.optional(),
  candidate: Candidate.optional(),
  report: Report.optional(),
  clearance: Clearance.optional(),
  model: Model.optional(),
  deployment: Deployment.optional(),
  watch: Watch.optional(),
});
export type Nouns = z.infer<typeof Nouns>;

export const Change = z.object({
  kind: z.enum(['code', 'data', 'configuration', 'environment']),
  name: z.string().describe('`optimizer.lr`, a data set, a file count …'),
  from: z.string().nullable(),
  to: z.string().nullable(),
});
export type Change = z.infer<typeof Change>;

/** A run as lists show it. */
export const RunSummary = z.object({
  id: RunId,
  experiment: z.string(),
  status: RunStatus,
  configuration: z.string().describe('Path of the training.yaml, relative to the workspace.'),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  stages: z.array(StageRecord),
  epoch: z.number().int().nonnegative().nullable(),
  epochs: z.number().int().positive().nullable(),
  metric: z
    .object({ name: z.string(), value: z.number(), better: z.enum(['higher', 'lower']) })
    .nullable()
    .describe('The most telling number so far: the test metric when evaluated, else the newest validation metric.'),
  changes: z.array(Change).describe('What differs from the previous run of the same experiment.'),
  model: z.object({ name: z.string(), version: z.number().int().positive() }).nullable(),
  reasons: z.array(z.string()).describe('Why it was held.'),
  fault: FaultReport.nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** A run with everything it gave. */
export const Run = RunSummary.extend({
  training: Training.describe('The configuration as it ran, every default filled in.'),
  overrides: z.record(z.string(), z.string()),
  fingerprints: Fingerprints.nullable(),
  environment: z.record(z.string(), z.string()),
  nouns: Nouns,
});
export type Run = z.infer<typeof Run>;

export const MetricPoint = z.object({
  name: z.string(),
  step: z.number().int().nonnegative(),
  epoch: z.number().nonnegative(),
  value: z.number(),
  at: Instant,
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** One curve as a page draws it: the smallest and the largest value of each pixel column are always in it. */
export const Curve = z.object({
  run: RunId,
  name: z.string(),
  points: z.array(z.tuple([z.number(), z.number()])).describe('Pairs of step and value, by step.'),
  total: z.number().int().nonnegative().describe('Points stored.'),
});
export type Curve = z.infer<typeof Curve>;

export const LogLine = z.object({
  at: Instant,
  stage: StageName.nullable(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** Two to eight runs side by side; the first is the base. */
export const Comparison = z.object({
  runs: z.array(RunSummary),
  metrics: z.array(
    z.object({
      name: z.string(),
      better: z.enum(['higher', 'lower']),
      values: z.array(
        z.object({
          value: z.number().nullable(),
          low: z.number().nullable(),
          high: z.number().nullable(),
          /** Difference to the base, null for the base itself or where unknown. */
          delta: z.number().nullable(),
          verdict: z.enum(['better', 'worse', 'same', 'cannot_tell']).nullable(),
        }),
      ),
    }),
  ),
  parameters: z.array(z.object({ name: z.string(), values: z.array(z.string().nullable()), differs: z.boolean() })),
  fingerprints: z.array(Fingerprints.nullable()),
  predictions: z
    .array(
      z.object({
        run: RunId,
        /** Against the base, on the rows both scored. */
        rows: z.number().int().nonnegative(),
        fixed: z.number().int().nonnegative(),
        broken: z.number().int().nonnegative(),
        p: z.number().nullable().describe("McNemar's exact test, two-sided."),
        examples: z.array(
          z.object({
            row: z.string(),
            truth: z.string(),
            base: z.string(),
            other: z.string(),
            kind: z.enum(['fixed', 'broken']),
          }),
        ),
      }),
    )
    .describe('One entry for each run after the base that scored the same rows.'),
  data: z.array(z.object({ run: RunId, dataset: z.string(), difference: z.string() })),
  code: z.array(z.object({ run: RunId, commit: z.string().nullable(), dirty: z.boolean(), difference: z.string() })),
  curves: z.array(Curve),
  summary: z.string().describe('The comparison in one sentence.'),
});
export type Comparison = z.infer<typeof Comparison>;
