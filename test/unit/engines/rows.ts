import { copyBatches } from '../../../sidecar/datasets/batches.ts';
import type { TrainingData, TrainingPlan, TrainingRows, TrainingWatch } from '../../../sidecar/engines/engine.ts';
import type { BuildRequest } from '../../../sidecar/graph/build.ts';
import { buildModel } from '../../../sidecar/graph/build.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';

/** Rows in memory; keeps a record of what was read. */
export interface Rows extends TrainingRows {
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly number[];
  /** Row numbers of every read, in order. */
  readonly reads: number[][];
}

export const rowsOf = (inputs: readonly (readonly number[])[], targets: readonly number[]): Rows => {
  const reads: number[][] = [];
  const read: Rows['read'] = (indices, into, truth) => {
    reads.push([...indices]);
    for (const [at, row] of indices.entries()) {
      into.set(inputs[row]!, at * inputs[row]!.length);
      truth[at] = targets[row]!;
    }
  };
  return { inputs, targets, reads, rows: inputs.length, read, batches: (order) => copyBatches(read, order) };
};

/** The four rows of exclusive or, `copies` times. */
export const exclusiveOr = (copies: number): Rows => {
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const inputs = Array.from({ length: 4 * copies }, (_, index) => corners[index % 4]!);
  return rowsOf(
    inputs,
    inputs.map(([a, b]) => a! ^ b!),
  );
};

/** Points around three centres that lie far apart. */
export const clusters = (rows: number, seed: number): Rows => {
  const random = createRandom(seed);
  const centres = [
    [0, 0],
    [6, 0],
    [0, 6],
  ];
  const targets = Array.from({ length: rows }, (_, index) => index % 3);
  return rowsOf(
    targets.map((target) => centres[target]!.map((centre) => centre + random.normal())),
    targets,
  );
};

/** y = 3a − 2b + 1, without noise. */
export const line = (rows: number, seed: number): Rows => {
  const random = createRandom(seed);
  const inputs = Array.from({ length: rows }, () => [random.normal(), random.normal()]);
  return rowsOf(
    inputs,
    inputs.map(([a, b]) => 3 * a! - 2 * b! + 1),
  );
};

const nobody: Rows = rowsOf([], []);

export interface Task {
  readonly plan: TrainingPlan;
  readonly data: TrainingData & { readonly train: Rows };
}

/** A plan and its data; what a test cares about is given. */
export const taskOf = (
  train: Rows,
  model: Partial<BuildRequest>,
  plan: Partial<TrainingPlan>,
  validation: Rows = nobody,
): Task => {
  const inputShape = model.inputShape ?? [train.inputs[0]?.length ?? 1];
  const { outputs = 2, task = 'classification' } = model;
  const built = buildModel({
    architecture: 'mlp',
    params: {},
    seed: 1,
    normalization: { mean: [0], std: [1] },
    ...model,
    inputShape,
    outputs,
    task,
  });
  return {
    plan: {
      model: writeModel(built),
      epochs: 1,
      batchSize: 8,
      seed: 1,
      loss: task === 'classification' ? 'cross_entropy' : 'mse',
      optimizer: { type: 'adam' },
      learningRate: 0.01,
      device: 'cpu',
      ...plan,
    },
    data: { inputShape, outputs, task, train, softTargets: false, validation },
  };
};

/** A watch that keeps what it is told. */
export const createWatch = (signal: AbortSignal = new AbortController().signal) => {
  const points: Parameters<TrainingWatch['metric']>[0][] = [];
  const progress: Parameters<TrainingWatch['progress']>[0][] = [];
  const watch: TrainingWatch = {
    signal,
    metric: (point) => void points.push(point),
    progress: (step) => void progress.push(step),
  };
  return {
    watch,
    progress,
    points,
    valuesOf: (name: string) => points.filter((point) => point.name === name).map(({ value }) => value),
  };
};
