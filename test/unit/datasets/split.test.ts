import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parts, splitRows, type SplitOrder } from '../../../sidecar/datasets/split.ts';

const shares = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
  .map(([train, validation, test]) => {
    const whole = train + validation + test;
    return { train: train / whole, validation: validation / whole, test: test / whole };
  });
const orders = fc
  .record({
    labels: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 400 }),
    shares,
    seed: fc.nat(),
    stratify: fc.boolean(),
  })
  .map(({ labels, stratify, ...rest }): SplitOrder & { labels: number[] } => ({
    ...rest,
    labels,
    rows: labels.length,
    strata: stratify ? labels : null,
    testFrom: null,
    nameOf: String,
  }));

test('every row is in exactly one part, in ascending order, whatever the shares', () => {
  fc.assert(
    fc.property(orders, (order) => {
      const split = splitRows(order);
      const all = parts.flatMap((part) => [...split[part]]);
      expect([...all].sort((a, b) => a - b)).toEqual(order.labels.map((_, at) => at));
      for (const part of parts) expect([...split[part]]).toEqual([...split[part]].sort((a, b) => a - b));
    }),
  );
});

test('the shares of all rows are right to a row, and those of each class within a row when stratified', () => {
  fc.assert(
    fc.property(orders, (order) => {
      const split = splitRows(order);
      const classes = new Set(order.labels);
      for (const part of parts) {
        // Single rows of a class go to training first, which can cost the other parts one row a class.
        const slack = order.strata === null ? 1 : 1 + classes.size;
        expect(Math.abs(split[part].length - order.rows * order.shares[part])).toBeLessThan(slack + 1e-6);
        if (order.strata === null) continue;
        for (const label of classes) {
          const rows = order.labels.filter((other) => other === label).length;
          const got = [...split[part]].filter((row) => order.labels[row] === label).length;
          expect(Math.abs(got - rows * order.shares[part])).toBeLessThan(1 + 1e-6);
        }
      }
    }),
  );
});

test('many small classes do not empty the later parts', () => {
  const strata = Array.from({ length: 500 }, (_, at) => at % 100);
  const split = splitRows({
    rows: 500,
    shares: { train: 0.8, validation: 0.1, test: 0.1 },
    seed: 0,
    strata,
    testFrom: null,
    nameOf: String,
  });
  expect(parts.map((part) => split[part].length)).toEqual([400, 50, 50]);
});

test('every class that has a row has one to train on', () => {
  fc.assert(
    fc.property(orders, (order) => {
      fc.pre(order.strata !== null);
      const { train } = splitRows(order);
      expect(new Set([...train].map((row) => order.labels[row]))).toEqual(new Set(order.labels));
    }),
  );
});

test('the same seed gives the same split, another seed another', () => {
  const order = {
    rows: 100,
    shares: { train: 0.8, validation: 0.1, test: 0.1 },
    strata: null,
    testFrom: null,
    nameOf: String,
  };
  expect(splitRows({ ...order, seed: 7 })).toEqual(splitRows({ ...order, seed: 7 }));
  expect(splitRows({ ...order, seed: 7 })).not.toEqual(splitRows({ ...order, seed: 8 }));
});

test("a data set's own test part stays the test part, and the rest is divided in the ratio of the other shares", () => {
  const split = splitRows({
    rows: 120,
    shares: { train: 0.6, validation: 0.2, test: 0.2 },
    seed: 0,
    strata: null,
    testFrom: 100,
    nameOf: String,
  });
  expect([...split.test]).toEqual(Array.from({ length: 20 }, (_, at) => 100 + at));
  expect([split.train.length, split.validation.length]).toEqual([75, 25]);
});

test('when data grows, no row that was trained on becomes a test row', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 300, max: 1500 }), fc.integer({ min: 1, max: 600 }), (seed, rows, more) => {
      const shares = { train: 0.8, validation: 0.1, test: 0.1 };
      // Old and new rows mixed, as file names of a folder are.
      const names = Array.from(
        { length: rows + more },
        (_, at) => `${(at * 7919) % 104_729}-${at < rows ? 'old' : 'new'}`,
      );
      const before = splitRows({ rows, shares, seed, strata: null, testFrom: null, nameOf: (row) => names[row] ?? '' });
      const after = splitRows({
        rows: rows + more,
        shares,
        seed,
        strata: null,
        testFrom: null,
        nameOf: (row) => names[row] ?? '',
      });
      const trained = new Set(before.train);
      const leaked = [...after.test].filter((row) => trained.has(row)).length;
      expect(leaked).toBeLessThanOrEqual(rows * 0.002);
    }),
    { seed: 1, numRuns: 50 },
  );
});
