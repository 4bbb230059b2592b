import { z } from 'zod';
import { Hash, RunId } from './ids.ts';

/** The four fingerprints, kept apart so that "what changed?" has an answer. */
export const Fingerprints = z.object({
  code: Hash,
  data: Hash,
  configuration: Hash,
  environment: Hash,
});
export type Fingerprints = z.infer<typeof Fingerprints>;

/** What the stage `train` gives: a model that nothing has judged yet. */
export const Candidate = z.object({
  model: Hash.nullable().describe('The ONNX file; null when a command left none.'),
  modelBytes: z.number().int().nonnegative(),
  parameters: z.number().int().nonnegative().nullable(),
  engine: z.enum(['onnx', 'tfjs', 'command']),
  device: z.string(),
  epochs: z.number().int().nonnegative(),
  bestEpoch: z.number().int().nonnegative().nullable(),
  steps: z.number().int().nonnegative(),
  mathMs: z.number().nonnegative().describe('Time inside the numerical runtime.'),
  totalMs: z.number().nonnegative(),
  batchSize: z.number().int().positive().nullable().default(null).describe('Rows a step; null for a command.'),
  resumed: z
    .object({ run: RunId, epoch: z.number().int().positive(), step: z.number().int().nonnegative() })
    .nullable()
    .default(null)
    .describe('The run that was interrupted, and where this one went on from: the epoch and the steps done by then.'),
});
export type Candidate = z.infer<typeof Candidate>;
