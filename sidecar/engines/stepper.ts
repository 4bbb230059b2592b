import type { Model } from '../graph/model.ts';
import type { NamedTensors } from './checkpoint.ts';
import type { TrainingData, TrainingPlan } from './engine.ts';

/** Where a batch lies before it is learned from; the same arrays for every batch of that many rows. */
export interface BatchBuffers {
  /** `[rows, ...inputShape]` */
  readonly inputs: Float32Array;
  /** `[rows]`: class numbers or values; `[rows, outputs]` where the data has soft targets. */
  readonly targets: Float32Array;
}

/** One batch that is learned from. */
export interface StepCall {
  readonly rows: number;
  /** Counts batches from 1 over the whole training; with the plan's seed it decides what dropout drops. */
  readonly step: number;
  /**
   * Scalars of the graph that changes the weights by name, as `scalarsOf` computes them, where the weights change after this batch.
   * Null where its gradients are only added to those gathered so far, as `accumulate` in the plan asks for.
   */
  readonly update: Readonly<Record<string, number>> | null;
}

/** What a step gives besides new weights. */
export interface StepResult {
  readonly loss: number;
  /** `[rows, width]` before the weights changed; overwritten by the next step. */
  readonly predictions: Float32Array;
}

/** A model in training: the one thing that engines do each in their own way. */
export interface Stepper {
  /** Numbers in a row of the predictions. */
  readonly width: number;
  /** Arrays for the next batch, to be filled before `step`. */
  readonly buffers: (rows: number) => Promise<BatchBuffers>;
  /** Where the loss is not finite, everything is left as it was before the batch. */
  readonly step: (call: StepCall) => Promise<StepResult>;
  /**
   * After a step whose loss is not finite: the first node of the model that made a number which is not finite, by its
   * name. Undefined where only the loss itself has none.
   */
  readonly trace: (call: StepCall) => Promise<string | undefined>;
  /** Predictions `[rows, width]` of inputs `[rows, ...inputShape]`, in the form of inference, by the judged weights. */
  readonly judge: (inputs: Float32Array, rows: number) => Promise<Float32Array>;
  /**
   * A copy of what is judged and registered, by the name of the model's initializer: weights, or their moving average
   * where the plan keeps one, and running statistics.
   */
  readonly weights: () => Promise<NamedTensors>;
  /**
   * Everything that later steps depend on: weights, statistics, the optimizer's own, averages, gathered gradients.
   * Valid until the next step.
   */
  readonly state: () => Promise<NamedTensors>;
  /** Goes on from a state of the same plan. @throws RangeError where a tensor is missing or has another size */
  readonly restore: (state: NamedTensors) => Promise<void>;
  /** Milliseconds inside the engine's own computation so far. */
  readonly mathMs: () => number;
  readonly close: () => Promise<void>;
}

/**
 * Makes a model ready to be trained on the plan's device.
 * Throws a GraphError for a model that cannot be trained, and DeviceMissing where the device is not there.
 */
export type OpenStepper = (model: Model, plan: TrainingPlan, data: TrainingData) => Promise<Stepper>;
