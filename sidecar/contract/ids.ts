import { z } from 'zod';

/** `r57`: one passage through the loop, numbered within its workspace. */
export const RunId = z
  .string()
  .regex(/^r[1-9]\d*$/)
  .brand<'RunId'>();
export type RunId = z.infer<typeof RunId>;

/** SHA-256 of some bytes, as 64 hexadecimal digits. Everything stored is named by it. */
export const Hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'Hash'>();
export type Hash = z.infer<typeof Hash>;

/** Milliseconds since 1970-01-01 UTC. */
export const Instant = z.number().int().nonnegative();
export type Instant = z.infer<typeof Instant>;

export const StageName = z.enum(['version', 'featurize', 'train', 'evaluate', 'gate', 'register', 'deploy', 'monitor']);
export type StageName = z.infer<typeof StageName>;
