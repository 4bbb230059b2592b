import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { RunId } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';

/** What a training is handed: plain data, since it happens in a child process. */
export interface TrainInput {
  readonly root: string;
  readonly training: Training;
  readonly dataset: DatasetVersion;
  readonly features: Features;
  readonly run: RunId;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
  readonly outFolder: string;
}
