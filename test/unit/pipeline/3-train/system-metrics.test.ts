import { expect, test } from 'vitest';
import type { TrainingProgress } from '../../../../sidecar/engines/engine.ts';
import { watchSystem } from '../../../../sidecar/pipeline/3-train/system-metrics.ts';

const progressAt = (step: number): TrainingProgress => ({
  epoch: 1,
  epochs: 1,
  step,
  steps: 10,
  samplesPerSecond: 123,
  remainingMs: 1,
  waitShare: 0.25,
});

const watch = (everyMs: number) => {
  const told: { name: string; step: number; value: number }[] = [];
  const measure = watchSystem({ device: 'cpu', everyMs, metric: (point) => void told.push(point) });
  return { told, measure };
};

test('what the machine does is measured once in a while, and at the last step in any case', () => {
  const { told, measure } = watch(60_000);
  for (let step = 1; step <= 10; step += 1) measure(progressAt(step));
  expect(told.map(({ name, step }) => [name, step])).toEqual([
    ['system/samples_per_second', 10],
    ['system/data_wait_percent', 10],
    ['system/cpu_percent', 10],
    ['system/memory_mb', 10],
  ]);
});

test('the figures are those of this process', () => {
  const { told, measure } = watch(50);
  const until = performance.now() + 200;
  while (performance.now() < until);
  measure(progressAt(1));
  const values = Object.fromEntries(told.map(({ name, value }) => [name, value]));
  expect(values['system/samples_per_second']).toBe(123);
  expect(values['system/data_wait_percent']).toBe(25);
  // A loop that waits for nothing keeps a core busy, where it gets one.
  expect(values['system/cpu_percent']).toBeGreaterThan(1);
  expect(values['system/memory_mb']).toBeCloseTo(process.memoryUsage.rss() / 2 ** 20, -2);
});
