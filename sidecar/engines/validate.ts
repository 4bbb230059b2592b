import { sizeOf } from '../graph/model.ts';
import { judgedRowsFor } from '../graph/train-memory.ts';
import type { TrainingData, TrainingPlan } from './engine.ts';
import { refuseBadLoss } from './divergence.ts';
import { countRight, lossSum } from './judge.ts';
import { readRange } from './read-range.ts';
import type { Stepper } from './stepper.ts';

interface Validation {
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  readonly stepper: Stepper;
  readonly signal: AbortSignal;
  readonly at: { readonly step: number; readonly epoch: number };
}

/**
 * Loss and accuracy on the validation rows with the weights as they are; nothing where there are no such rows.
 * @throws TrainingDiverged where the loss is not finite
 */
export const validate = async ({ plan, data, stepper, signal, at }: Validation) => {
  const source = data.validation;
  if (source.rows === 0) return {};
  const rowSize = sizeOf(data.inputShape);
  const judgedRows = judgedRowsFor(plan.batchSize);
  const inputs = new Float32Array(judgedRows * rowSize);
  const targets = new Float32Array(judgedRows);
  let [losses, right] = [0, 0];
  for (let from = 0; from < source.rows; from += judgedRows) {
    signal.throwIfAborted();
    const rows = Math.min(judgedRows, source.rows - from);
    readRange(source, { from, rows }, inputs, targets);
    const predictions = await stepper.judge(inputs.subarray(0, rows * rowSize), rows);
    const judged = { predictions, targets, rows, width: stepper.width };
    losses += lossSum(plan.loss, judged);
    if (data.task === 'classification') right += countRight(judged);
  }
  refuseBadLoss(losses / source.rows, at);
  const accuracy = data.task === 'classification' ? { val_accuracy: right / source.rows } : {};
  return { val_loss: losses / source.rows, ...accuracy };
};
