import { z } from 'zod';
import type { Features } from '../../contract/features.ts';
import type { Hash } from '../../contract/ids.ts';
import { Prediction } from '../../contract/report.ts';
import { openFeatures } from '../../datasets/feature-store.ts';
import { imageStatistics } from '../../datasets/image-statistics.ts';
import { buildReference } from '../../serving/reference.ts';
import { createObjects } from '../../versions/objects.ts';
import type { Job } from '../job.ts';

export interface ReferenceInput {
  readonly features: Features;
  /** Object with the held-out predictions of the version: `Report.predictions`. */
  readonly predictions: Hash;
  /** Rows of a window of live traffic, for which thresholds are calibrated. */
  readonly windowRows: number;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
}

/** Measures what the inputs and answers of a version look like before any traffic. @returns the object that holds it */
export const referenceJob: Job<ReferenceInput, { readonly reference: Hash }> = (input, { signal, progress }) => {
  const objects = createObjects(input.objectsFolder);
  const predictions = z.array(Prediction).parse(JSON.parse(objects.get(input.predictions).toString()));
  const stored = openFeatures(input.featuresFolder, input.features.hash);
  try {
    const reference = buildReference({
      features: input.features,
      inputs: stored.source('train'),
      sample: stored.sample(),
      predictions,
      windowRows: input.windowRows,
      codec: { imageStatistics },
      onProgress: (fraction) => {
        signal.throwIfAborted();
        progress(fraction, 'reference for the watch');
      },
    });
    return Promise.resolve({ reference: objects.put(Buffer.from(JSON.stringify(reference))) });
  } finally {
    stored.close();
  }
};
