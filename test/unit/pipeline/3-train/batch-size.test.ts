import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseBatchSize, type BatchSizeNeeds } from '../../../../sidecar/pipeline/3-train/batch-size.ts';

/** A model that takes 1 GB and 10 MB a row. */
const choose = (more: Partial<BatchSizeNeeds>) => {
  const said: string[] = [];
  const chosen = () =>
    chooseBatchSize({
      asked: 'auto',
      rows: 100_000,
      bytesFor: (batch) => 1e9 + 1e7 * batch,
      budget: 8e9,
      before: undefined,
      log: (text) => void said.push(text),
      ...more,
    });
  return { chosen, said };
};

describe('batch_size: auto', () => {
  test('takes the largest power of two that fits into four fifths of the free memory, and says so', () => {
    const { chosen, said } = choose({});
    expect(chosen()).toBe(512);
    expect(said).toEqual(['batch_size: auto: 512 rows, 6.1 of 8.0 GB free']);
  });

  test('is never more than 1,024 nor more than the rows', () => {
    expect(choose({ budget: 1e12 }).chosen()).toBe(1024);
    expect(choose({ budget: 1e12, rows: 100 }).chosen()).toBe(64);
  });

  test('goes on with what an interrupted training had chosen', () => {
    expect(choose({ before: 128 }).chosen()).toBe(128);
  });

  test('is 64 where nobody knows how much memory there is', () => {
    expect(choose({ budget: undefined }).chosen()).toBe(64);
    expect(choose({ budget: undefined, rows: 10 }).chosen()).toBe(8);
  });

  test('fits whatever the model takes, and twice as many rows would not', () => {
    const amounts = fc.double({ min: 1e5, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amounts, amounts, (base, row) => {
        const bytesFor = (batch: number) => base + row * batch;
        const budget = 4e9;
        const { chosen } = choose({ bytesFor, budget });
        if (bytesFor(1) > 0.8 * budget) return expect(chosen).toThrow(/of memory/);
        const batch = chosen();
        expect(bytesFor(batch)).toBeLessThanOrEqual(0.8 * budget);
        if (batch < 1024) expect(bytesFor(2 * batch)).toBeGreaterThan(0.8 * budget);
      }),
    );
  });
});

describe('a batch size that was asked for', () => {
  test('is taken where there is memory for it', () => {
    expect(choose({ asked: 700 }).chosen()).toBe(700);
    expect(choose({ asked: 100_000, rows: 500 }).chosen()).toBe(100_000);
  });

  test('is refused before training where there is not, with the figures and what would fit', () => {
    expect(choose({ asked: 1000 }).chosen).toThrow(
      expect.objectContaining({
        code: 'memory-short',
        message: 'Training with 1000 rows a batch takes about 11.0 GB of memory; 8.0 GB are free.',
        hint: 'Set data.batch_size to 512 or to auto; training.accumulate makes up for a smaller batch.',
      }),
    );
  });

  test('is refused with another way out where no batch fits', () => {
    expect(choose({ asked: 2, budget: 1e8 }).chosen).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('smaller model') as string }),
    );
  });
});
