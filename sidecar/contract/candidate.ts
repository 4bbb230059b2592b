import { z } from 'zod';
import { Hash } from './ids.ts';

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
});
export type Candidate = z.infer<typeof Candidate>;
