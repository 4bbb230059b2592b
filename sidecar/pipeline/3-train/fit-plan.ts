import type { Features } from '../../contract/features.ts';
import type { Training } from '../../contract/training.ts';
import type { Engine, TrainingData, TrainingPlan } from '../../engines/engine.ts';
import { stepRequestOf } from '../../engines/step-request.ts';
import type { Model } from '../../graph/model.ts';
import { trainingBytes } from '../../graph/train-memory.ts';
import { writeModel } from '../../graph/write.ts';
import type { JobContext } from '../job.ts';
import { chooseBatchSize } from './batch-size.ts';
import type { StoredCheckpoint } from './checkpoint-file.ts';
import { planOf } from './plan.ts';

interface FitNeeds {
  readonly training: Training;
  readonly features: Features;
  readonly targets: Float32Array;
  readonly model: Model;
  readonly frozen: readonly string[];
  readonly engine: Engine;
  readonly device: string;
  readonly data: TrainingData;
  /** Where an interrupted training goes on from. */
  readonly before: StoredCheckpoint | undefined;
}

/**
 * The plan of a training, with as many rows a batch as there is memory for.
 * @throws Fault `memory-short` where it cannot fit, and `configuration-invalid`; a GraphError for a model that cannot be
 *   trained
 */
export const fitPlan = async (needs: FitNeeds, { log }: JobContext): Promise<TrainingPlan> => {
  const { training, features, targets, model, frozen, device, data, before } = needs;
  const planWith = (batchSize: number): TrainingPlan => ({
    ...planOf({ training, features, targets, batchSize }),
    model: new Uint8Array(),
    device,
    frozen,
  });
  const batchSize = chooseBatchSize({
    asked: training.data.batch_size,
    rows: data.train.rows,
    bytesFor: (batch) => trainingBytes(model, stepRequestOf(planWith(batch), data, batch)),
    budget: await budgetOf(needs),
    before: before?.batchSize,
    log: (text) => log('info', text),
  });
  return { ...planWith(batchSize), model: writeModel(model) };
};

/** Free memory of the device, on the processor with what this process has already taken. */
const budgetOf = async ({ engine, device }: FitNeeds): Promise<number | undefined> => {
  if (device === 'cpu') return process.availableMemory() + process.memoryUsage.rss();
  return (await engine.devices()).find(({ id }) => id === device)?.freeBytes ?? undefined;
};
