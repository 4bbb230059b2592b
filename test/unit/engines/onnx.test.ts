import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { onnxEngine } from '../../../sidecar/engines/onnx/engine.ts';
import { measureLatency, scoreRows } from '../../../sidecar/engines/onnx/score.ts';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import { describeEngine } from './conformance.ts';
import { clusters, createWatch, line, taskOf } from './rows.ts';

describeEngine(onnxEngine);

test('the processor is among the devices, with its cores and memory', async () => {
  const cpu = (await onnxEngine.devices()).find(({ id }) => id === 'cpu');
  expect(cpu?.cores).toBeGreaterThan(0);
  expect(cpu?.memoryBytes).toBeGreaterThan(cpu?.freeBytes ?? Number.NaN);
});

test('another process trains the same weights, bit for bit', () => {
  const train = () =>
    execFileSync(process.execPath, [path.join(import.meta.dirname, 'train-once-worker.ts')], { encoding: 'utf8' });
  const first = train();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(train()).toBe(first);
});

describe('scoring', () => {
  const task = taskOf(clusters(60, 1), { architecture: 'linear', outputs: 3 }, { epochs: 20, learningRate: 0.1 });

  test('gives each row its probabilities, in the order of the rows and in any batch size', async () => {
    const { model } = await onnxEngine.train(task.plan, task.data, createWatch().watch);
    const fresh = clusters(50, 9);
    const whole = await scoreRows(model, fresh, { inputShape: [2], outputs: 3 });
    expect(whole).toHaveLength(150);
    const right = fresh.targets.filter((target, row) => {
      const rowScores = [...whole.subarray(3 * row, 3 * row + 3)];
      expect(rowScores.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      return rowScores.indexOf(Math.max(...rowScores)) === target;
    });
    expect(right.length).toBeGreaterThan(47);
    const pieces = await scoreRows(model, fresh, { inputShape: [2], outputs: 3, batchSize: 7 });
    pieces.forEach((value, index) => expect(value).toBeCloseTo(whole[index]!, 6));
  });

  test('gives predicted values for a regression', async () => {
    const regression = taskOf(
      line(64, 3),
      { architecture: 'linear', task: 'regression', outputs: 1 },
      { epochs: 80, learningRate: 0.05 },
    );
    const { model } = await onnxEngine.train(regression.plan, regression.data, createWatch().watch);
    const fresh = line(20, 4);
    const values = await scoreRows(model, fresh, { inputShape: [2], outputs: 1 });
    values.forEach((value, row) => expect(value).toBeCloseTo(fresh.targets[row]!, 1));
  });

  test('of no rows gives no numbers', async () => {
    const { plan } = task;
    expect(
      await scoreRows(plan.model, { rows: 0, read: () => undefined }, { inputShape: [2], outputs: 3 }),
    ).toHaveLength(0);
  });

  test('refuses rows of another shape and another number of outputs', async () => {
    const { plan, data } = task;
    await expect(scoreRows(plan.model, data.train, { inputShape: [3], outputs: 3 })).rejects.toThrow(GraphError);
    await expect(scoreRows(plan.model, data.train, { inputShape: [2], outputs: 4 })).rejects.toThrow(/3 numbers a row/);
  });

  test('stops when it is aborted', async () => {
    const { plan, data } = task;
    const request = { inputShape: [2], outputs: 3, signal: AbortSignal.abort() };
    await expect(scoreRows(plan.model, data.train, request)).rejects.toThrow('aborted');
  });

  test('measures the latency of one row at a time', async () => {
    const { plan, data } = task;
    const { p50, p95 } = await measureLatency(plan.model, data.train, [2], 20);
    expect(p50).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(p50);
  });
});
