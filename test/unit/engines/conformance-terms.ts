import { describe, expect, test } from 'vitest';
import type { Engine, Trained } from '../../../sidecar/engines/engine.ts';
import { scoreRows } from '../../../sidecar/engines/onnx/score.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { clusters, createWatch, line, rowsOf, taskOf, type Rows, type Task } from './rows.ts';

const trainOf = (engine: Engine, { plan, data }: Task): Promise<Trained> =>
  engine.train(plan, data, createWatch().watch);

/** All weights of a model in their order. */
const weightsOf = (model: Uint8Array): number[] =>
  readModel(model).graph.initializers.flatMap(({ data }) => [...(data as Float32Array)]);

const expectClose = (actual: readonly number[], expected: readonly number[], within = 1e-5) => {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!)));
  expect(largest).toBeLessThan(within);
};

interface Terms {
  readonly classWeights?: readonly number[];
  readonly labelSmoothing?: number;
}

/**
 * One step of gradient descent on the cross-entropy of a linear model `[classes, 2]` with bias, in float64, as
 * torch.nn.CrossEntropyLoss has it.
 * @param chances what each row is taken for, one number a class
 */
const descendOnce = (start: readonly number[], rows: Rows, chances: readonly (readonly number[])[], terms: Terms) => {
  const classes = chances[0]!.length;
  const { labelSmoothing: spread = 0, classWeights: weights = new Array<number>(classes).fill(1) } = terms;
  const hard = chances.every((row) => row.every((share) => share === 0 || share === 1));
  const count = chances.flatMap((row) => row.map((share, c) => (hard ? share * weights[c]! : share)));
  const divisor = count.reduce((sum, value) => sum + value, 0);
  const next = [...start];
  for (const [index, input] of rows.inputs.entries()) {
    const logits = chances[0]!.map(
      (_, c) => start[2 * c]! * input[0]! + start[2 * c + 1]! * input[1]! + start[2 * classes + c]!,
    );
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    const wanted = chances[index]!.map((share, c) => weights[c]! * (share * (1 - spread) + spread / classes));
    const row = wanted.reduce((sum, value) => sum + value, 0);
    for (const [c, logit] of logits.entries()) {
      const slope = ((Math.exp(logit) / total) * row - wanted[c]!) / divisor;
      next[2 * c]! -= rate * slope * input[0]!;
      next[2 * c + 1]! -= rate * slope * input[1]!;
      next[2 * classes + c]! -= rate * slope;
    }
  }
  return next;
};

const rate = 0.1;
const plainDescent = { optimizer: { type: 'sgd', momentum: 0 }, learningRate: rate } as const;

const oneHot = (rows: Rows): readonly (readonly number[])[] =>
  rows.targets.map((target) => [0, 1, 2].map((c) => (c === target ? 1 : 0)));

const linear = { architecture: 'linear', outputs: 3 } as const;

/** What a practitioner adds to a plain training, each by its formula. */
export const describeTerms = (engine: Engine): void => {
  describe(`the engine ${engine.name}`, () => {
    test.each<[string, Terms]>([
      ['nothing else', {}],
      ['label smoothing', { labelSmoothing: 0.2 }],
      ['class weights', { classWeights: [0.5, 1, 4] }],
      ['both', { labelSmoothing: 0.2, classWeights: [0.5, 1, 4] }],
    ])('takes the step of PyTorch’s cross-entropy with %s', async (_, terms) => {
      const rows = clusters(10, 1);
      const task = taskOf(rows, linear, { ...plainDescent, ...terms, batchSize: 10 });
      const expected = descendOnce(weightsOf(task.plan.model), rows, oneHot(rows), terms);
      expectClose(weightsOf((await trainOf(engine, task)).model), expected);
    });

    test.each<[string, Terms]>([
      ['as they are', {}],
      ['smoothed and weighted', { labelSmoothing: 0.2, classWeights: [0.5, 1, 4] }],
    ])('learns from blended labels, %s', async (_, terms) => {
      const rows = clusters(10, 1);
      const chances = rows.targets.map((target) => [0, 1, 2].map((c) => (c === target ? 0.7 : 0.15)));
      const task = taskOf(rows, linear, { ...plainDescent, ...terms, batchSize: 10 });
      const blended: Task = {
        ...task,
        data: {
          ...task.data,
          softTargets: true,
          train: {
            ...rows,
            batches: ({ order }) => ({
              next: (inputs, targets) => {
                inputs.set([...order].flatMap((row) => rows.inputs[row]!));
                targets.set([...order].flatMap((row) => chances[row]!));
              },
              waitedMs: () => 0,
              close: () => undefined,
            }),
          },
        },
      };
      const expected = descendOnce(weightsOf(task.plan.model), rows, chances, terms);
      const trained = await trainOf(engine, blended);
      expectClose(weightsOf(trained.model), expected);
      // A row counts as right where the largest share is the predicted one.
      expect(trained.metrics['train_accuracy']).toBeCloseTo(
        (await trainOf(engine, task)).metrics['train_accuracy']!,
        6,
      );
    });

    test.each<[string, Partial<Task['plan']>]>([
      ['plainly', plainDescent],
      ['with Adam, clipping and an average', { optimizer: { type: 'adam' }, gradientClip: 0.5, averageDecay: 0.9 }],
      ['with class weights', { ...plainDescent, classWeights: [0.5, 1, 4] }],
    ])('gathers the gradients of small batches into the step of a large one, %s', async (_, plan) => {
      const of = (batchSize: number, accumulate: number) =>
        trainOf(
          engine,
          // What is left over at the end of an epoch makes a step as well: 12 and 8 rows.
          taskOf(
            clusters(20, 1),
            { outputs: 3, params: { hidden: [5] } },
            { ...plan, epochs: 3, batchSize, accumulate },
          ),
        );
      const [small, large] = [await of(4, 3), await of(12, 1)];
      expectClose(weightsOf(small.model), weightsOf(large.model), 1e-6);
      expect([small.steps, large.steps]).toEqual([15, 6]);
      expect(small.metrics['train_accuracy']).toBeCloseTo(large.metrics['train_accuracy']!, 6);
    });

    test('judges and returns the moving average of the weights', async () => {
      const rows = line(12, 5);
      const model = { architecture: 'linear', task: 'regression', outputs: 1 } as const;
      const plan = { ...plainDescent, batchSize: 4 };
      const decay = 0.4;
      let average = weightsOf(taskOf(rows, model, plan).plan.model);
      const course: number[][] = [];
      // Training is the same however long it goes on, so that epochs can be added one by one.
      for (let epochs = 1; epochs <= 2; epochs += 1)
        course.push(weightsOf((await trainOf(engine, taskOf(rows, model, { ...plan, batchSize: 12, epochs }))).model));
      for (const [index, weights] of course.entries()) {
        const share = 1 - Math.min(decay, (2 + index) / (11 + index));
        average = average.map((value, at) => value + share * (weights[at]! - value));
      }
      const task = taskOf(rows, model, { ...plan, batchSize: 12, epochs: 2, averageDecay: decay }, line(9, 6));
      const trained = await trainOf(engine, task);
      // The better of the two epochs is returned; on a line that is the last.
      expect(trained.bestEpoch).toBe(2);
      expectClose(weightsOf(trained.model), average);
      const scores = await scoreRows(trained.model, task.data.validation, { inputShape: [2], outputs: 1 });
      const errors = line(9, 6).targets.map((target, row) => (scores[row]! - target) ** 2);
      expect(trained.metrics['val_loss']).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / 9, 4);
    });

    test('pulls weights towards 0 as far as weight decay says', async () => {
      const rows = rowsOf(new Array(8).fill([0, 0]), new Array(8).fill(0));
      const plan = { optimizer: { type: 'sgd', momentum: 0, weightDecay: 0.5 }, learningRate: rate } as const;
      const task = taskOf(rows, { architecture: 'linear', task: 'regression', outputs: 1 }, plan);
      const before = weightsOf(task.plan.model);
      const after = weightsOf((await trainOf(engine, task)).model);
      expectClose(
        after.slice(0, 2),
        before.slice(0, 2).map((weight) => weight * (1 - rate * 0.5)),
      );
    });

    test('goes no farther in one step than clipping lets it', async () => {
      const rows = line(8, 1);
      const model = { architecture: 'linear', task: 'regression', outputs: 1 } as const;
      const task = taskOf(rows, model, { ...plainDescent, gradientClip: 0.25 });
      const [before, after] = [weightsOf(task.plan.model), weightsOf((await trainOf(engine, task)).model)];
      expect(Math.hypot(...after.map((weight, index) => weight - before[index]!))).toBeCloseTo(rate * 0.25, 5);
    });
  });
};
