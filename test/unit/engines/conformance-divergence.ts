import { describe, expect, test } from 'vitest';
import { TrainingDiverged, type Engine } from '../../../sidecar/engines/engine.ts';
import { clusters, createWatch, exclusiveOr, line, rowsOf, taskOf, type Task } from './rows.ts';

const failureOf = async (engine: Engine, { plan, data }: Task): Promise<TrainingDiverged> => {
  const failure: unknown = await engine.train(plan, data, createWatch().watch).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TrainingDiverged);
  return failure as TrainingDiverged;
};

const regression = { architecture: 'linear', task: 'regression', outputs: 1 } as const;

/** Training that cannot go on says where it broke. */
export const describeDivergence = (engine: Engine): void => {
  describe(`a training of ${engine.name} whose numbers are no longer finite`, () => {
    test('stops at the batch with the planted value and names its place', async () => {
      const { inputs, targets } = exclusiveOr(3);
      const task = taskOf(rowsOf([...inputs, [1, Number.NaN]], [...targets, 0]), {}, { epochs: 3, batchSize: 4 });
      const { step, epoch, tensor, value, message, hint } = await failureOf(engine, task);
      const batch = task.data.train.reads.findIndex((rows) => rows.includes(12));
      const row = task.data.train.reads[batch]!.indexOf(12);
      expect([step, epoch]).toEqual([batch + 1, 1]);
      expect(tensor).toBe(`the input (row ${row + 1} of the batch, value 2)`);
      expect(value).toBeNaN();
      expect(message).toContain(`Training stopped at step ${batch + 1}, in epoch 1: the input`);
      expect(hint).toContain('Mend the data');
    });

    test('names a target that is no number', async () => {
      const { inputs, targets } = line(6, 1);
      const task = taskOf(rowsOf(inputs, [...targets.slice(0, 5), Number.POSITIVE_INFINITY]), regression, {});
      expect((await failureOf(engine, task)).tensor).toMatch(/^the target \(row \d of the batch, value 1\)$/);
    });

    test('names the weight that too high a learning rate has spoiled', async () => {
      const plan = { optimizer: { type: 'sgd', momentum: 0 }, learningRate: 1e38, epochs: 5, batchSize: 4 } as const;
      const { tensor, step, hint } = await failureOf(engine, taskOf(line(16, 1), regression, plan));
      expect(tensor).toMatch(/^the weight output\.(weight|bias)$/);
      expect(step).toBeLessThan(5);
      expect(hint).toContain('optimizer.lr');
    });

    test('names the node whose output grew too large for a number', async () => {
      const rows = rowsOf(new Array(4).fill([3e38, 3e38]), [0, 1, 0, 1]);
      const { tensor, hint } = await failureOf(engine, taskOf(rows, { params: { hidden: [32] } }, { batchSize: 4 }));
      expect(tensor).toMatch(/^the output of \S+ \(\w+\)$/);
      expect(hint).toContain('large values');
    });

    test('gives no model whose weights its last step has spoiled', async () => {
      const plan = { optimizer: { type: 'sgd', momentum: 0 }, learningRate: 1e39, epochs: 1, batchSize: 16 } as const;
      const { tensor } = await failureOf(engine, taskOf(line(16, 1), regression, plan));
      expect(tensor).toMatch(/^the weight /);
    });

    test('does not take an epoch for the best whose loss on the validation rows is no number', async () => {
      const rows = rowsOf([[Number.NaN, 0]], [0]);
      const task = taskOf(clusters(9, 1), { architecture: 'linear', outputs: 3 }, {}, rows);
      expect((await failureOf(engine, task)).tensor).toBe('the loss on the validation rows');
    });
  });
};
