import { z } from 'zod';
import { Fingerprints } from './candidate.ts';
import { Features } from './features.ts';
import { Hash, Instant, RunId } from './ids.ts';
import { Measure } from './report.ts';

/** What the stage `register` gives: an immutable version of a model, with its lineage. */
export const Model = z.object({
  name: z.string(),
  version: z.number().int().positive(),
  model: Hash.describe('The ONNX file.'),
  bytes: z.number().int().nonnegative(),
  run: RunId,
  dataset: z.object({ name: z.string(), version: z.number().int().positive(), hash: Hash }),
  features: Features,
  measures: z.array(Measure),
  fingerprints: Fingerprints,
  tags: z.record(z.string(), z.string()),
  createdAt: Instant,
});
export type Model = z.infer<typeof Model>;

/** A registered version with the aliases that point to it now. */
export const ModelEntry = Model.extend({ aliases: z.array(z.string()) });
export type ModelEntry = z.infer<typeof ModelEntry>;

/** One line of the audit trail: who moved which alias where, and why. */
export const AliasMove = z.object({
  model: z.string(),
  alias: z.string(),
  from: z.number().int().positive().nullable(),
  to: z.number().int().positive().nullable(),
  by: z.string(),
  why: z.string(),
  at: Instant,
});
export type AliasMove = z.infer<typeof AliasMove>;
