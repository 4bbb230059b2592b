import type { Candidate } from '../../contract/candidate.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { RunId } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';
import type { Job } from '../job.ts';
import { trainByCommand } from './train-by-command.ts';
import { trainGraph } from './train-graph.ts';

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

/** Trains in this process: the ONNX graph by its own gradients, or a command of the user's. */
export const trainJob: Job<TrainInput, Candidate> = (input, context) =>
  input.training.training.engine === 'command' ? trainByCommand(input, context) : trainGraph(input, context);
