import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { RunId } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';

/** Where the checkpoints of a training are, and whether it goes on from them. */
export interface CheckpointPlace {
  readonly folder: string;
  /** Left out: where there is one. */
  readonly continuing?: 'never' | 'must';
}

/** What a training is handed: plain data, since it happens in a child process. */
export interface TrainInput {
  readonly root: string;
  readonly training: Training;
  readonly dataset: DatasetVersion;
  readonly features: Features;
  readonly run: RunId;
  readonly objectsFolder: string;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly featuresFolder: string;
  readonly outFolder: string;
  readonly checkpoints: CheckpointPlace;
}
