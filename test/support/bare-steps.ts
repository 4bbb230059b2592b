import type { TrainingPlan } from '../../sidecar/engines/engine.ts';
import { openStepper } from '../../sidecar/engines/onnx/stepper.ts';
import type { Stepper } from '../../sidecar/engines/stepper.ts';
import { scalarsOf } from '../../sidecar/engines/update.ts';
import type { Model } from '../../sidecar/graph/model.ts';
import { writeModel } from '../../sidecar/graph/write.ts';

export interface BareSteps {
  readonly stepper: Stepper;
  readonly plan: TrainingPlan;
  /** Learns once more from what lies in the buffers of the batch. @returns the loss before */
  readonly step: () => Promise<number>;
}

/** A classifier of ten classes on the processor, trained by Adam on whatever lies in its buffers: steps without a loop. */
export const openBareSteps = async (
  model: Model,
  { batch, inputShape }: { readonly batch: number; readonly inputShape: readonly number[] },
): Promise<BareSteps> => {
  const plan: TrainingPlan = {
    model: writeModel(model),
    epochs: 1,
    batchSize: batch,
    seed: 1,
    loss: 'cross_entropy',
    optimizer: { type: 'adam' },
    learningRate: 1e-3,
    device: 'cpu',
  };
  const nothing = { next: () => undefined, waitedMs: () => 0, close: () => undefined };
  const stepper = await openStepper(model, plan, {
    inputShape,
    outputs: 10,
    task: 'classification',
    train: { rows: batch, read: () => undefined, batches: () => nothing },
    softTargets: false,
    validation: { rows: 0, read: () => undefined },
  });
  let steps = 0;
  return {
    stepper,
    plan,
    step: async () => {
      steps += 1;
      return (await stepper.step({ rows: batch, step: steps, update: scalarsOf(plan, 1e-3, steps) })).loss;
    },
  };
};
