import type { Candidate } from '../../contract/candidate.ts';
import type { Job } from '../job.ts';
import type { TrainInput } from './train-input.ts';
import { trainByCommand } from './train-by-command.ts';
import { trainGraph } from './train-graph.ts';

/** Trains in this process: the ONNX graph by its own gradients, or a command of the user's. */
export const trainJob: Job<TrainInput, Candidate> = (input, context) =>
  input.training.training.engine === 'command' ? trainByCommand(input, context) : trainGraph(input, context);
