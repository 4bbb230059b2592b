import type { RowSource } from '../../engines/engine.ts';
import { createRandom, deriveSeed } from '../../graph/random.ts';
import type { AugmentPlan } from './plan.ts';

/** Keep the changes of a row and the blends of a batch apart from what else a seed decides. */
const ROWS = 0xa46;
const BATCHES = 0xb1e;

export interface BatchMaking {
  readonly read: RowSource['read'];
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly plan: AugmentPlan;
}

export interface BatchOrder {
  /** Row numbers. */
  readonly rows: Uint32Array;
  /** Number of the batch in its epoch. */
  readonly batch: number;
  readonly epoch: number;
  readonly seed: number;
}

export type MakeBatch = (order: BatchOrder, inputs: Float32Array, targets: Float32Array) => void;

/**
 * Reads rows and changes them at random. A row's changes follow from the seed, the epoch and its own number, and a
 * batch's blend from the seed, the epoch and the batch's number: who makes it, and when, makes no difference.
 * @returns fills `inputs`, and `targets` with class numbers or values; with blends in the plan with distributions
 */
export const createBatchMaker = ({ read, inputShape, outputs, plan }: BatchMaking): MakeBatch => {
  const [channels = 1, height = 1, width = 1] = inputShape;
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  const scratch = new Float32Array(size);
  return ({ rows, batch, epoch, seed }, inputs, targets) => {
    read(rows, inputs, targets);
    if (plan.changes.length > 0) {
      for (const [at, row] of rows.entries()) {
        const picture = { samples: inputs.subarray(at * size, (at + 1) * size), channels, height, width };
        const random = createRandom(deriveSeed(seed, ROWS, epoch, row));
        for (const change of plan.changes) change(picture, random, scratch);
      }
    }
    const [first, ...others] = plan.blends;
    if (first === undefined) return;
    toDistributions(targets, rows.length, outputs);
    const random = createRandom(deriveSeed(seed, BATCHES, epoch, batch));
    const blend = others.length === 0 ? first : (plan.blends[random.below(plan.blends.length)] ?? first);
    const whole = { rows: rows.length, shape: [channels, height, width] as const, outputs };
    blend(
      {
        ...whole,
        inputs: inputs.subarray(0, rows.length * size),
        targets: targets.subarray(0, rows.length * outputs),
      },
      random,
    );
  };
};

/** Class numbers at the beginning become rows with a 1 at the class. */
const toDistributions = (targets: Float32Array, rows: number, outputs: number): void => {
  const classes = targets.slice(0, rows);
  targets.fill(0, 0, rows * outputs);
  for (const [row, name] of classes.entries()) targets[row * outputs + name] = 1;
};
