import { z } from 'zod';

/** The closed table of expected refusals. A code is stable; its sentence may improve. */
export const FaultCode = z.enum([
  'configuration-invalid',
  'configuration-missing',
  'not-in-this-version',
  'dataset-missing',
  'dataset-empty',
  'dataset-class-empty',
  'dataset-one-class',
  'dataset-unreadable',
  'dataset-changed',
  'data-check-failed',
  'version-missing',
  'version-damaged',
  'version-in-use',
  'restore-refused',
  'pointer-unreadable',
  'merge-refused',
  'download-failed',
  'remote-unknown',
  'remote-unusable',
  'remote-untrusted',
  'remote-unreachable',
  'remote-refused',
  'remote-read-only',
  'remote-damaged',
  'remote-lacks-version',
  'device-missing',
  'engine-missing',
  'memory-short',
  'training-diverged',
  'checkpoint-missing',
  'command-failed',
  'model-invalid',
  'model-missing',
  'alias-missing',
  'run-missing',
  'run-not-active',
  'endpoint-missing',
  'port-taken',
  'disk-full',
  'request-invalid',
  'unauthorized',
  'contract-mismatch',
  'store-locked',
  'store-newer',
  'store-damaged',
  'sidecar-unreachable',
  'node-too-old',
  'cancelled',
  'child-died',
  'internal',
]);
export type FaultCode = z.infer<typeof FaultCode>;

/** Where in a file a fault lies; line and column count from 1. */
export const Place = z.object({
  file: z.string(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  /** Keys from the root of the document, for example `['optimizer', 'lr']`. */
  path: z.array(z.union([z.string(), z.number()])).optional(),
});
export type Place = z.infer<typeof Place>;

export const FaultReport = z.object({
  code: FaultCode,
  message: z.string().describe('One sentence that says what is wrong.'),
  hint: z.string().optional().describe('One sentence that says what to do.'),
  places: z.array(Place).optional(),
});
export type FaultReport = z.infer<typeof FaultReport>;
