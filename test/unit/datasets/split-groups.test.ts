import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parts } from '../../../sidecar/datasets/split.ts';
import { splitGroups } from '../../../sidecar/datasets/split-groups.ts';
import { splitByTime, splitGroupsByTime } from '../../../sidecar/datasets/split-time.ts';

const shares = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
  .map(([train, validation, test]) => {
    const whole = train + validation + test;
    return { train: train / whole, validation: validation / whole, test: test / whole };
  });
const grouped = fc.record({
  rows: fc.array(fc.record({ group: fc.nat({ max: 30 }), label: fc.nat({ max: 3 }) }), {
    minLength: 1,
    maxLength: 300,
  }),
  shares,
  seed: fc.nat(),
  stratify: fc.boolean(),
});
const splitOf = ({ rows, shares: wanted, seed, stratify }: typeof grouped extends fc.Arbitrary<infer T> ? T : never) =>
  splitGroups({
    groupOf: rows.map(({ group }) => group),
    names: Array.from({ length: 31 }, (_, group) => `patient ${group}`),
    strata: stratify ? rows.map(({ label }) => label) : null,
    shares: wanted,
    seed,
  });

test('no group is in two parts, and every row is in one', () => {
  fc.assert(
    fc.property(grouped, (order) => {
      const split = splitOf(order);
      const partOf = new Map<number, string>();
      for (const part of parts) {
        for (const row of split[part]) {
          const group = order.rows[row]!.group;
          expect(partOf.get(group) ?? part).toBe(part);
          partOf.set(group, part);
        }
      }
      const all = parts.flatMap((part) => [...split[part]]).sort((a, b) => a - b);
      expect(all).toEqual(order.rows.map((_, row) => row));
    }),
  );
});

test('each share is right to within the largest group', () => {
  fc.assert(
    fc.property(grouped, (order) => {
      const split = splitOf(order);
      const sizes = [...Map.groupBy(order.rows, ({ group }) => group).values()].map(({ length }) => length);
      for (const part of parts) {
        const off = Math.abs(split[part].length - order.rows.length * order.shares[part]);
        expect(off).toBeLessThanOrEqual(Math.max(...sizes) + 1e-6);
      }
    }),
  );
});

test('a group that is added moves few others, and never one between training and test', () => {
  const rows = Array.from({ length: 400 }, (_, row) => row % 100);
  const names = Array.from({ length: 101 }, (_, group) => `patient ${group}`);
  const wanted = { train: 0.8, validation: 0.1, test: 0.1 };
  const order = { names, strata: null, shares: wanted, seed: 3 };
  const before = splitGroups({ ...order, groupOf: rows });
  const after = splitGroups({ ...order, groupOf: [...rows, 100, 100, 100, 100] });
  const groupsOf = (split: typeof before, part: 'train' | 'test') => new Set([...split[part]].map((row) => row % 100));
  const trained = groupsOf(before, 'train');
  for (const group of groupsOf({ ...after, test: after.test.filter((row) => row < 400) }, 'test')) {
    expect(trained.has(group)).toBe(false);
  }
});

test('no row of an earlier part is newer than one of a later part', () => {
  const times = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, shares, (given, wanted) => {
      const split = splitByTime(Float64Array.from(given), wanted);
      const ends = parts.map((part) => [...split[part]].map((row) => given[row]!)).filter(({ length }) => length > 0);
      for (const [at, later] of ends.slice(1).entries()) {
        expect(Math.max(...ends[at]!)).toBeLessThanOrEqual(Math.min(...later));
      }
      expect(ends.flat()).toHaveLength(given.length);
    }),
  );
});

test('groups that are divided by time stay together, and no group of an earlier part ends later than one of a later part', () => {
  const timed = fc.array(fc.record({ group: fc.nat({ max: 12 }), time: fc.integer({ min: -9, max: 9 }) }), {
    minLength: 1,
    maxLength: 120,
  });
  fc.assert(
    fc.property(timed, shares, (rows, wanted) => {
      const numbers = [...new Set(rows.map(({ group }) => group))];
      const groupOf = rows.map(({ group }) => numbers.indexOf(group));
      const times = Float64Array.from(rows, ({ time }) => time);
      const split = splitGroupsByTime(groupOf, times, wanted);
      const newest = (group: number) =>
        Math.max(...rows.flatMap(({ time }, row) => (groupOf[row] === group ? [time] : [])));
      const groups = parts.map((part) => new Set([...split[part]].map((row) => groupOf[row]!)));
      const all = groups.flatMap((part) => [...part]);
      expect(new Set(all).size).toBe(all.length);
      expect(parts.flatMap((part) => [...split[part]])).toHaveLength(rows.length);
      const ends = groups.map((part) => [...part].map(newest)).filter(({ length }) => length > 0);
      for (const [at, later] of ends.slice(1).entries()) {
        expect(Math.max(...ends[at]!)).toBeLessThanOrEqual(Math.min(...later));
      }
    }),
  );
});
