import type { Features } from '../../contract/features.ts';
import { buildFeatures, type FeatureOrder } from '../../datasets/build-features.ts';
import { entryPath } from '../../work/entry.ts';
import type { Job } from '../job.ts';

export type FeaturizeInput = FeatureOrder;

/** Decodes a pinned version into rows of numbers in the feature store. */
export const featurizeJob: Job<FeaturizeInput, Features> = (input, context) =>
  buildFeatures(input, context, entryPath('decoder'));
