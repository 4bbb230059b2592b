import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../sidecar/engines/engine.ts';
import { DeviceMissing } from '../../../sidecar/engines/engine.ts';
import { scoreRows } from '../../../sidecar/engines/onnx/score.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { describeDivergence } from './conformance-divergence.ts';
import { describeResume } from './conformance-resume.ts';
import { describeTerms } from './conformance-terms.ts';
import { clusters, createWatch, exclusiveOr, line, rowsOf, taskOf } from './rows.ts';

/** What every engine must do, whatever it computes with. */
export const describeEngine = (engine: Engine): void => {
  describeResume(engine);
  describeTerms(engine);
  describeDivergence(engine);

  describe(`the engine ${engine.name}`, () => {
    test('names at least one device, and each by an id that a plan may ask for', async () => {
      const devices = await engine.devices();
      expect(devices.length).toBeGreaterThan(0);
      for (const { id } of devices) expect(id).toMatch(/^(cpu|webgpu|cuda:\d+)$/);
    });

    test('learns exclusive or, which no linear model can', async () => {
      const { plan, data } = taskOf(exclusiveOr(8), { params: { hidden: [16] } }, { epochs: 60, learningRate: 0.02 });
      const trained = await engine.train(plan, data, createWatch().watch);
      expect(trained.metrics['train_accuracy']).toBe(1);
      expect(trained.metrics['train_loss']).toBeLessThan(0.1);
    });

    test('learns classes that lie apart, and says how it does on rows it has not seen', async () => {
      const task = taskOf(
        clusters(300, 1),
        { architecture: 'linear', outputs: 3 },
        { epochs: 12, learningRate: 0.05 },
        clusters(90, 2),
      );
      const trained = await engine.train(task.plan, task.data, createWatch().watch);
      expect(trained.metrics['val_accuracy']).toBeGreaterThan(0.95);
    });

    test('finds the numbers of a line', async () => {
      const { plan, data } = taskOf(
        line(64, 3),
        { architecture: 'linear', task: 'regression', outputs: 1 },
        { epochs: 80, learningRate: 0.05 },
      );
      const trained = await engine.train(plan, data, createWatch().watch);
      const [weight, bias] = readModel(trained.model).graph.initializers;
      expect([...(weight!.data as Float32Array)][0]).toBeCloseTo(3, 2);
      expect([...(weight!.data as Float32Array)][1]).toBeCloseTo(-2, 2);
      expect((bias!.data as Float32Array)[0]).toBeCloseTo(1, 2);
    });

    test('gives the same weights, bit for bit, for the same plan and data, dropout included', async () => {
      const run = async (seed: number) => {
        const { plan, data } = taskOf(
          clusters(50, 1),
          { outputs: 3, params: { hidden: [16], dropout: 0.3 } },
          { epochs: 3, seed },
        );
        return (await engine.train(plan, data, createWatch().watch)).model;
      };
      const first = await run(4);
      expect(await run(4)).toEqual(first);
      expect(await run(5)).not.toEqual(first);
    });

    test('shows every row once an epoch, in an order that changes', async () => {
      const { plan, data } = taskOf(clusters(21, 1), { outputs: 3 }, { epochs: 2, batchSize: 8 });
      await engine.train(plan, data, createWatch().watch);
      const [first, second] = [data.train.reads.slice(0, 3).flat(), data.train.reads.slice(3).flat()];
      expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, row) => row));
      expect(second.toSorted((a, b) => a - b)).toEqual(first.toSorted((a, b) => a - b));
      expect(second).not.toEqual(first);
    });

    test('trains a smaller last batch as gradient descent says, step by step', async () => {
      const train = line(11, 5);
      const rate = 0.1;
      const { plan, data } = taskOf(
        train,
        { architecture: 'linear', task: 'regression', outputs: 1 },
        { epochs: 2, batchSize: 4, learningRate: rate, optimizer: { type: 'sgd', momentum: 0 } },
      );
      const before = readModel(plan.model).graph.initializers;
      const trained = await engine.train(plan, data, createWatch().watch);
      expect(train.reads.map((rows) => rows.length)).toEqual([4, 4, 3, 4, 4, 3]);
      const expected = descend(before[0]!.data as Float32Array, (before[1]!.data as Float32Array)[0]!, rate, train);
      const after = readModel(trained.model).graph.initializers;
      expect((after[0]!.data as Float32Array)[0]).toBeCloseTo(expected.a, 5);
      expect((after[0]!.data as Float32Array)[1]).toBeCloseTo(expected.b, 5);
      expect((after[1]!.data as Float32Array)[0]).toBeCloseTo(expected.bias, 5);
    });

    test('lets a last row without company join the batch before it', async () => {
      const { plan, data } = taskOf(clusters(17, 1), { outputs: 3 }, { batchSize: 8 });
      const trained = await engine.train(plan, data, createWatch().watch);
      expect(data.train.reads.map((rows) => rows.length)).toEqual([8, 9]);
      expect(trained.steps).toBe(2);
    });

    test('changes the weights and nothing else of the model', async () => {
      const { plan, data } = taskOf(clusters(30, 1), { outputs: 3, normalization: { mean: [2], std: [4] } }, {});
      const trained = readModel((await engine.train(plan, data, createWatch().watch)).model);
      const untrained = readModel(plan.model);
      expect(trained.graph.nodes).toEqual(untrained.graph.nodes);
      expect(trained.graph.inputs).toEqual(untrained.graph.inputs);
      expect(trained.graph.outputs).toEqual(untrained.graph.outputs);
      expect(trained.metadata).toEqual(untrained.metadata);
      expect(trained.graph.initializers.map(({ name, dims }) => [name, dims])).toEqual(
        untrained.graph.initializers.map(({ name, dims }) => [name, dims]),
      );
      expect(trained.graph.initializers[0]?.data).not.toEqual(untrained.graph.initializers[0]?.data);
    });

    test('leaves frozen weights as they are', async () => {
      const { plan, data } = taskOf(clusters(30, 1), { outputs: 3 }, { frozen: ['dense1.weight', 'dense1.bias'] });
      const trained = readModel((await engine.train(plan, data, createWatch().watch)).model).graph.initializers;
      const untrained = readModel(plan.model).graph.initializers;
      expect(trained[0]).toEqual(untrained[0]);
      expect(trained.at(-1)?.data).not.toEqual(untrained.at(-1)?.data);
    });

    test('tells losses and rates by step, the rest by epoch, and how far it is', async () => {
      const task = taskOf(clusters(24, 1), { outputs: 3 }, { epochs: 2 }, clusters(9, 2));
      const told = createWatch();
      await engine.train(task.plan, task.data, told.watch);
      expect(told.valuesOf('train_loss')).toHaveLength(6);
      expect(told.valuesOf('learning_rate')).toEqual(new Array(6).fill(0.01));
      for (const name of ['train_accuracy', 'val_loss', 'val_accuracy']) expect(told.valuesOf(name)).toHaveLength(2);
      expect(told.points.filter(({ name }) => name === 'val_loss').map(({ step, epoch }) => [step, epoch])).toEqual([
        [3, 1],
        [6, 2],
      ]);
      expect(told.progress.at(-1)).toMatchObject({ epoch: 2, epochs: 2, step: 6, steps: 6 });
      expect(told.progress.every(({ samplesPerSecond }) => samplesPerSecond > 0)).toBe(true);
      expect(told.progress.every(({ waitShare }) => waitShare >= 0 && waitShare < 1)).toBe(true);
      expect(told.progress[0]!.remainingMs).toBeGreaterThan(0);
      expect(told.progress.at(-1)!.remainingMs).toBe(0);
    });

    test('returns the weights of its best epoch and stops when patience ends', async () => {
      const train = clusters(60, 1);
      // Validation rows with wrong labels: the better the model, the worse it does here.
      const wrong = rowsOf(
        train.inputs,
        train.targets.map((target) => (target + 1) % 3),
      );
      const task = taskOf(
        train,
        { architecture: 'linear', outputs: 3 },
        { epochs: 50, learningRate: 0.05, earlyStopping: { metric: 'val_loss', patience: 3 } },
        wrong,
      );
      const told = createWatch();
      const trained = await engine.train(task.plan, task.data, told.watch);
      const losses = told.valuesOf('val_loss');
      expect(trained.epochsRun).toBeLessThan(50);
      expect(trained.epochsRun).toBe(trained.bestEpoch + 3);
      expect(losses[trained.bestEpoch - 1]).toBe(Math.min(...losses));
      expect(trained.metrics['val_loss']).toBe(Math.min(...losses));
      const probabilities = await scoreRows(trained.model, wrong, { inputShape: [2], outputs: 3 });
      const surprise = wrong.targets.map((target, row) => -Math.log(probabilities[3 * row + target]!));
      const loss = surprise.reduce((sum, value) => sum + value, 0) / wrong.rows;
      expect(loss).toBeCloseTo(Math.min(...losses), 4);
    });

    test('ends between two steps when it is aborted, with the reason as its error', async () => {
      const { plan, data } = taskOf(exclusiveOr(8), {}, { epochs: 100_000, batchSize: 4 });
      const stop = new AbortController();
      const told = createWatch(stop.signal);
      setTimeout(() => stop.abort(new Error('enough')), 50);
      await expect(engine.train(plan, data, told.watch)).rejects.toThrow('enough');
      const steps = told.progress.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(told.progress.length).toBe(steps);
    });

    test('does not begin when it is aborted already', async () => {
      const { plan, data } = taskOf(exclusiveOr(1), {}, {});
      await expect(engine.train(plan, data, createWatch(AbortSignal.abort()).watch)).rejects.toThrow('aborted');
      expect(data.train.reads).toEqual([]);
    });

    test('refuses a device that is not there; there is no fall-back', async () => {
      const { plan, data } = taskOf(exclusiveOr(1), {}, { device: 'abacus' });
      await expect(engine.train(plan, data, createWatch().watch)).rejects.toThrow(DeviceMissing);
    });

    test('refuses to train on nothing', async () => {
      const { plan, data } = taskOf(rowsOf([], []), { inputShape: [2] }, {});
      await expect(engine.train(plan, data, createWatch().watch)).rejects.toThrow(/no rows/);
    });
  });
};

/** Gradient descent on the mean squared error of a line, over the batches that were read. */
const descend = (
  weight: Float32Array,
  start: number,
  rate: number,
  { inputs, targets, reads }: ReturnType<typeof line>,
) => {
  let [a, b, bias] = [weight[0]!, weight[1]!, start];
  for (const rows of reads) {
    const slopes = rows.map((row) => {
      const error = a * inputs[row]![0]! + b * inputs[row]![1]! + bias - targets[row]!;
      return [error * inputs[row]![0]!, error * inputs[row]![1]!, error];
    });
    const mean = (at: number) => (2 * slopes.reduce((sum, slope) => sum + slope[at]!, 0)) / rows.length;
    [a, b, bias] = [a - rate * mean(0), b - rate * mean(1), bias - rate * mean(2)];
  }
  return { a, b, bias };
};
