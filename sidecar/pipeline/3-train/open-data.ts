import { availableParallelism } from 'node:os';
import { copyBatches } from '../../datasets/batches.ts';
import { startMakers } from '../../datasets/batches-ahead.ts';
import { planAugment } from '../../datasets/augment/plan.ts';
import { openFeatures } from '../../datasets/feature-store.ts';
import type { TrainingData } from '../../engines/engine.ts';
import { settingInvalid } from '../../faults.ts';
import { entryPath } from '../../work/entry.ts';
import type { JobContext } from '../job.ts';
import type { TrainInput } from './train-input.ts';

export interface OpenData {
  readonly data: TrainingData;
  /** Class numbers or values of the training rows. */
  readonly targets: Float32Array;
  /** Ends the threads that make batches, and closes the files. */
  readonly close: () => Promise<void>;
}

/**
 * The rows to train on. Rows in memory that stay as they are need no thread: copying 64 of them takes microseconds.
 * Rows that are changed at random, and rows that lie in a file, are made ready by threads while the engine computes.
 * @param device that the engine computes on
 * @throws Fault `configuration-invalid` when rows of a table are to be changed as pictures are
 */
export const openData = (input: TrainInput, device: string, { log }: JobContext): OpenData => {
  const { featuresFolder, features, training } = input;
  const { augment } = training.data;
  const { changes, blends } = planAugment(augment);
  const isChanged = changes.length + blends.length > 0;
  if (isChanged && features.inputShape.length !== 3) {
    throw settingInvalid('data.augment', 'rows of a table are no pictures', 'Remove it.');
  }
  const rows = openFeatures(featuresFolder, features.hash);
  const train = rows.source('train');
  const { targets } = train;
  const outputs = features.task === 'classification' ? features.classes.length : 1;
  const data = {
    inputShape: features.inputShape,
    outputs,
    task: features.task,
    softTargets: blends.length > 0,
    validation: rows.source('validation'),
  };
  if (!isChanged && rows.memory !== null) {
    const copied = { rows: train.rows, read: train.read, batches: copyBatches.bind(null, train.read) };
    return { data: { ...data, train: copied }, targets, close: noMakers(rows.close) };
  }
  const makers = startMakers({
    entry: entryPath('batches'),
    makers: makersFor(device),
    featuresFolder,
    hash: features.hash,
    rows: rows.memory,
    augment,
    outputs,
    rowLength: features.inputShape.reduce((product, size) => product * size, 1),
    targetLength: blends.length > 0 ? outputs : 1,
  });
  log('debug', `batches are made ahead by ${makersFor(device)} threads`);
  return {
    data: { ...data, train: { rows: train.rows, read: train.read, batches: makers.batches } },
    targets,
    close: async () => {
      await makers.close();
      rows.close();
    },
  };
};

const noMakers = (close: () => void) => (): Promise<void> => {
  close();
  return Promise.resolve();
};

/** On the processor training computes on all cores, and one maker in eight of them keeps up; a card leaves them free. */
const makersFor = (device: string): number => {
  const cores = availableParallelism();
  return device === 'cpu' ? Math.max(1, Math.floor(cores / 8)) : Math.min(8, Math.max(1, cores - 1));
};
