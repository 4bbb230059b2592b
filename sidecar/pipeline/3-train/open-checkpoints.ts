import { rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Candidate } from '../../contract/candidate.ts';
import { nothingToContinue } from '../../faults.ts';
import type { JobContext } from '../job.ts';
import { openCheckpointFolder, sweepCheckpoints, type CheckpointFolder } from './checkpoint-folder.ts';
import type { TrainInput } from './train-input.ts';

export interface OpenCheckpoints extends CheckpointFolder {
  /** What the candidate says of it; null where training begins at its beginning. */
  readonly resumed: Candidate['resumed'];
}

/**
 * The checkpoints of a training, and where it goes on from, said aloud.
 * @throws Fault `checkpoint-missing` where it must go on and cannot
 */
export const openCheckpoints = (input: TrainInput, batchSize: () => number, { log }: JobContext): OpenCheckpoints => {
  const { folder, continuing } = input.checkpoints;
  if (continuing === 'never') rmSync(folder, { recursive: true, force: true });
  sweepCheckpoints(dirname(folder), basename(folder), new Date());
  const { every_epochs: everyEpochs, keep } = input.training.training.checkpoint;
  const opened = openCheckpointFolder({ folder, run: input.run, batchSize, everyEpochs, keep, log });
  if (opened.last === undefined) {
    if (continuing !== 'must') return { ...opened, resumed: null };
    opened.close();
    throw nothingToContinue();
  }
  const { run, standing } = opened.last;
  log('info', `continues ${run} in epoch ${standing.epoch}, after ${standing.step.toLocaleString('en')} steps`);
  return { ...opened, resumed: { run, epoch: standing.epoch, step: standing.step } };
};
