import { createHash } from 'node:crypto';
import type { Fingerprints } from '../contract/candidate.ts';
import type { Dataset } from '../contract/dataset.ts';
import { Hash } from '../contract/ids.ts';
import type { Training } from '../contract/training.ts';
import { canonicalJson } from './pipeline.ts';

/** SHA-256 of a value as canonical JSON. */
export const hashOf = (value: unknown): Hash =>
  Hash.parse(createHash('sha256').update(canonicalJson(value)).digest('hex'));

/** The four fingerprints of a run, kept apart: which of them differ says why two runs differ. */
export const fingerprintsOf = (
  training: Training,
  dataset: Dataset,
  environment: Readonly<Record<string, string>>,
): Fingerprints => ({
  code: hashOf([dataset.code.commit, dataset.code.patch]),
  data: dataset.dataset.hash,
  configuration: hashOf(training),
  environment: hashOf(environment),
});
