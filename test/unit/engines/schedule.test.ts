import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../../sidecar/engines/engine.ts';
import { learningRateAt } from '../../../sidecar/engines/schedule.ts';

const rate = (schedule: Schedule, epoch: number, plateaus = 0) =>
  learningRateAt(schedule, 0.1, { step: 100 * epoch, stepsPerEpoch: 100, epochs: 10, plateaus });

describe('the learning rate', () => {
  test('stays as it is without a schedule of its own', () => {
    expect([0, 3.5, 9.9].map((epoch) => rate({ type: 'constant' }, epoch))).toEqual([0.1, 0.1, 0.1]);
  });

  test('is cut every so many epochs', () => {
    const schedule: Schedule = { type: 'step', stepEpochs: 3, factor: 0.5 };
    expect([0, 2.9, 3, 6].map((epoch) => rate(schedule, epoch))).toEqual([0.1, 0.1, 0.05, 0.025]);
  });

  test('falls along half a cosine to 0', () => {
    expect(rate({ type: 'cosine' }, 0)).toBeCloseTo(0.1);
    expect(rate({ type: 'cosine' }, 5)).toBeCloseTo(0.05);
    expect(rate({ type: 'cosine' }, 10)).toBeCloseTo(0);
  });

  test('rises to its full height at three tenths of a cycle and ends far below its start', () => {
    expect(rate({ type: 'onecycle' }, 0)).toBeCloseTo(0.1 / 25);
    expect(rate({ type: 'onecycle' }, 2.99)).toBeCloseTo(0.1);
    expect(rate({ type: 'onecycle' }, 9.99)).toBeCloseTo(0.1 / 25e4, 10);
  });

  test('takes the one cycle of PyTorch step by step', () => {
    // torch.optim.lr_scheduler.OneCycleLR(SGD(lr=1), max_lr=0.1, total_steps=10), get_last_lr() before each step.
    const torch = [
      0.004, 0.052, 0.1, 0.0950484632, 0.0811745654, 0.0611262022, 0.0388741978, 0.0188258346, 0.0049519368, 4e-7,
    ];
    const moment = { stepsPerEpoch: 5, epochs: 2, plateaus: 0 };
    torch.forEach((expected, step) =>
      expect(learningRateAt({ type: 'onecycle' }, 0.1, { ...moment, step })).toBeCloseTo(expected, 9),
    );
  });

  test('is cut at each plateau', () => {
    expect(rate({ type: 'plateau' }, 5, 0)).toBe(0.1);
    expect(rate({ type: 'plateau', factor: 0.5 }, 5, 2)).toBeCloseTo(0.025);
  });

  test('rises from 0 in the warm-up epochs, also before a cosine', () => {
    const schedule: Schedule = { type: 'cosine', warmupEpochs: 2 };
    expect(rate(schedule, 0)).toBe(0);
    expect(rate(schedule, 1)).toBeCloseTo(0.05);
    expect(rate(schedule, 2)).toBeCloseTo(0.1);
    expect(rate(schedule, 6)).toBeCloseTo(0.05);
  });

  test('never leaves the range from 0 to the rate that was asked for', () => {
    const types = fc.constantFrom<Schedule['type']>('constant', 'step', 'cosine', 'onecycle', 'plateau');
    fc.assert(
      fc.property(
        types,
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.nat(5),
        fc.nat(4),
        (type, epoch, plateaus, warmupEpochs) => {
          const value = learningRateAt({ type, warmupEpochs }, 0.1, {
            step: epoch,
            stepsPerEpoch: 1,
            epochs: 10,
            plateaus,
          });
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(0.1 + 1e-12);
        },
      ),
    );
  });
});
