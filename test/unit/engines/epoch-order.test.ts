import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchStarts, shuffledRows } from '../../../sidecar/engines/epoch-order.ts';

const counts = fc.integer({ min: 1, max: 300 });

describe('the order of rows in an epoch', () => {
  test('has every row once and follows from seed and epoch alone', () => {
    fc.assert(
      fc.property(counts, fc.nat(), fc.integer({ min: 1, max: 1000 }), (rows, seed, epoch) => {
        const order = shuffledRows(rows, seed, epoch);
        expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
        expect(shuffledRows(rows, seed, epoch)).toEqual(order);
      }),
    );
  });

  test('differs from epoch to epoch and from seed to seed', () => {
    const orders = [1, 2, 3].flatMap((epoch) => [0, 1, 2].map((seed) => shuffledRows(50, seed, epoch).join()));
    expect(new Set(orders).size).toBe(9);
  });

  test('puts every row at every place about equally often', () => {
    const seen = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let epoch = 1; epoch <= 5000; epoch += 1)
      shuffledRows(5, 7, epoch).forEach((row, place) => (seen[place]![row]! += 1));
    for (const count of seen.flat()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

test('batches cover all rows without a batch of one, where more than one is asked for', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 64 }), (rows, batchSize) => {
      const ends = [...batchStarts(rows, batchSize), rows];
      const sizes = ends.slice(1).map((end, index) => end - ends[index]!);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(rows);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(batchSize + 1);
      if (batchSize > 1 && rows > 1) for (const size of sizes) expect(size).toBeGreaterThan(1);
    }),
  );
});
