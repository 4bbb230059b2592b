import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quietAlarm, stepAlarm } from '../../../sidecar/statistics/alarm.ts';
import type { Alarm } from '../../../sidecar/statistics/alarm.ts';
import {
  addToCategoryWindow,
  categoryCell,
  mergeCategoryWindows,
  openCategoryWindow,
  profileCategories,
} from '../../../sidecar/statistics/category-profile.ts';
import { calibrateThreshold, referenceChunkScores } from '../../../sidecar/statistics/drift-threshold.ts';
import { judgeDrift } from '../../../sidecar/statistics/drift-verdict.ts';
import { compareCategorical, compareNumeric } from '../../../sidecar/statistics/drift.ts';
import { kolmogorovSmirnov } from '../../../sidecar/statistics/kolmogorov-smirnov.ts';
import {
  addToNumericWindow,
  mergeNumericWindows,
  numericCell,
  openNumericWindow,
  profileNumeric,
} from '../../../sidecar/statistics/numeric-profile.ts';
import type { NumericProfile } from '../../../sidecar/statistics/numeric-profile.ts';
import { createRandom } from '../../../sidecar/statistics/random.ts';
import { expectNear, oracle } from './oracle.ts';

const normal = (rows: number, { seed = 1, shift = 0, scale = 1 } = {}) => {
  const random = createRandom(seed);
  return Float64Array.from({ length: rows }, () => random.normal() * scale + shift);
};
const windowOf = (profile: NumericProfile, values: Iterable<number>) => {
  const window = openNumericWindow(profile);
  for (const value of values) addToNumericWindow(window, profile, value);
  return window;
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('a numeric profile', () => {
  test('has bins of equal weight and about ten cells that say what they hold', () => {
    const profile = profileNumeric(normal(2000));
    expect(profile.reference.counts.slice(1, -1).every((rows) => rows === 20)).toBe(true);
    expect(profile.labels).toHaveLength(10);
    expect(profile.labels[0]).toMatch(/^< -1\.\d+$/);
    expect(profile.labels.at(-1)).toMatch(/^≥ 1\.\d+$/);
    const { reference, referenceRows } = compareNumeric(profile, openNumericWindow(profile));
    expect(referenceRows).toBe(2000);
    reference.forEach((share) => expectNear(share, 0.1, 0.05));
  });

  test('gives few distinct values a cell each, and sees values never seen before on either side', () => {
    const profile = profileNumeric([0, 0, 1, 1, 1, 2]);
    expect(profile.labels).toEqual(['< 0', '0', '1', '2', '> 2']);
    expect([-1, 0, 1, 2, 3].map((value) => numericCell(profile, value))).toEqual([0, 1, 2, 3, 4]);
    expect(numericCell(profile, NaN)).toBe(5);
    const constant = profileNumeric(new Float64Array(500).fill(3.5));
    const moved = windowOf(constant, new Float64Array(500).fill(3.4));
    expect(compareNumeric(constant, windowOf(constant, new Float64Array(500).fill(3.5))).psi).toBeLessThan(1e-9);
    expect(compareNumeric(constant, moved).psi).toBeGreaterThan(5);
  });

  test('keeps values in their bins when they come back as 32-bit floats', () => {
    for (const values of [[0.1, 0.2, 0.3, 0.7], Array.from(normal(3000, { scale: 100 })), [1 / 3]]) {
      const profile = profileNumeric(values);
      expect(windowOf(profile, values.map(Math.fround)).counts).toEqual(profile.reference.counts);
    }
  });

  test('survives a trip through JSON, without rows too', () => {
    for (const values of [normal(300), [], [NaN]]) {
      const profile = profileNumeric(values);
      expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
      const { psi, ks } = compareNumeric(profile, openNumericWindow(profile));
      expect(psi).toBeNaN();
      expect(ks.p).toBeNaN();
    }
  });

  const numbers = fc.array(fc.double({ noNaN: false }), { minLength: 1, maxLength: 300 });
  test('loses no row, whatever the values', () => {
    fc.assert(
      fc.property(numbers, numbers, (reference, values) => {
        const profile = profileNumeric(reference, 20);
        const window = windowOf(profile, values);
        expect(sum(window.counts) + window.missing).toBe(values.length);
        expect(sum(profile.reference.counts) + profile.reference.missing).toBe(reference.length);
        expect(Math.max(...profile.cellOfBin)).toBeLessThan(profile.labels.length);
        expect([...profile.edges].sort((a, b) => a - b)).toEqual([...profile.edges]);
        expect(compareNumeric(profile, window).current).toHaveLength(compareNumeric(profile, window).labels.length);
      }),
    );
  });

  test('windows merge by adding', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (reference, first, second) => {
        const profile = profileNumeric(reference, 20);
        const merged = mergeNumericWindows(windowOf(profile, first), windowOf(profile, second));
        const whole = windowOf(profile, [...first, ...second]);
        expect(merged.counts).toEqual(whole.counts);
        expect(merged.missing).toBe(whole.missing);
        expect(merged.moments.count).toBe(whole.moments.count);
      }),
    );
  });
});

test('the distance on bins is within the weight of a bin of the true one', () => {
  const [reference, current] = [normal(5000), normal(20_000, { seed: 2, shift: 0.05, scale: 1.05 })];
  const profile = profileNumeric(reference);
  const binned = compareNumeric(profile, windowOf(profile, current)).ks;
  const exact = kolmogorovSmirnov(reference, current);
  expect(binned.statistic).toBeLessThanOrEqual(exact.statistic + 1e-12);
  expect(binned.statistic).toBeGreaterThan(exact.statistic - 0.01);
});

test('a shift scores higher than none, and a column that goes missing scores highest', () => {
  const profile = profileNumeric(normal(5000));
  const score = (shift: number) => compareNumeric(profile, windowOf(profile, normal(1000, { seed: 3, shift }))).psi;
  expect(score(0)).toBeLessThan(0.03);
  expect(score(0.5)).toBeGreaterThan(0.15);
  expect(score(1)).toBeGreaterThan(score(0.5));
  const gone = compareNumeric(profile, windowOf(profile, new Float64Array(1000).fill(NaN)));
  expect(gone.psi).toBeGreaterThan(5);
  expect(gone.labels.at(-1)).toBe('missing');
  expect(gone.ks.p).toBeNaN();
});

describe('a categorical profile', () => {
  interface Column {
    id: string;
    type: string;
    reference: (string | null)[];
    current: (string | null)[];
    expected: { jensenshannon?: { score?: number } };
  }
  const columns = (oracle('evidently-columns') as { cases: Column[] }).cases.filter(
    ({ id, type, expected }) =>
      type === 'categorical' && id !== 'cat-with-missing' && expected.jensenshannon?.score !== undefined,
  );

  test.each(columns)('gives the Jensen–Shannon distance of SciPy on $id', ({ reference, current, expected }) => {
    // The library's two categories without a cell of their own would share one here, so only the reference's may occur.
    const before = reference.map(String);
    const now = current.map(String);
    const profile = profileCategories(before);
    if (new Set(now.filter((value) => !before.includes(value))).size > 1) return;
    const window = openCategoryWindow(profile);
    now.forEach((value) => addToCategoryWindow(window, profile, value));
    expectNear(compareCategorical(profile, window).jensenShannon, expected.jensenshannon!.score!);
  });

  test('keeps the most frequent categories and puts the rest and the new into one cell', () => {
    const profile = profileCategories(['b', 'a', 'a', 'c', null, 'b', 'a'], 2);
    expect(profile.categories).toEqual(['a', 'b']);
    expect(profile.reference).toEqual({ counts: [3, 2, 1], missing: 1 });
    expect(['a', 'b', 'c', 'new', null].map((value) => categoryCell(profile, value))).toEqual([0, 1, 2, 2, 3]);
    expect(compareCategorical(profile, openCategoryWindow(profile)).labels).toEqual(['a', 'b', 'other', 'missing']);
  });

  test('tells a change of shares by chi-square, and windows merge by adding', () => {
    const profile = profileCategories(Array.from({ length: 900 }, (_, i) => 'abc'[i % 3]!));
    const open = (text: string) => {
      const window = openCategoryWindow(profile);
      for (const value of text) addToCategoryWindow(window, profile, value);
      return window;
    };
    const same = mergeCategoryWindows(open('abc'.repeat(50)), open('abc'.repeat(50)));
    expect(same.counts).toEqual([100, 100, 100, 0]);
    expect(compareCategorical(profile, same).chiSquare.p).toBe(1);
    const moved = compareCategorical(profile, open('aab'.repeat(100)));
    expect(moved.chiSquare.p).toBeLessThan(1e-10);
    expect(moved.psi).toBeGreaterThan(0.5);
    expect(compareCategorical(profile, open('z'.repeat(100))).psi).toBeGreaterThan(1);
    expect(compareCategorical(profile, open('')).chiSquare.p).toBeNaN();
  });
});

describe('a verdict', () => {
  const reference = normal(5000);
  const profile = profileNumeric(reference);
  const judge = (values: Float64Array, threshold: number) => {
    const drift = compareNumeric(profile, windowOf(profile, values));
    return judgeDrift({ ...drift, threshold });
  };

  test('knows how many rows it needs, and cannot tell with fewer', () => {
    expect(judge(normal(1000, { seed: 4 }), 0.1).verdict).toBe('stable');
    expect(judge(normal(1000, { seed: 4, shift: 0.5 }), 0.1).verdict).toBe('drifting');
    const small = judge(normal(100, { seed: 4 }), 0.1);
    expect(small.verdict).toBe('cannot_tell');
    expect(small.rowsNeeded).toBe(176);
    expect(judge(normal(20, { seed: 4, shift: 9 }), 0.1).verdict).toBe('cannot_tell');
    expect(judge(new Float64Array(0), 0.1).verdict).toBe('cannot_tell');
  });

  test('does not wait for rows when the change is beyond all chance', () => {
    expect(judge(normal(60, { seed: 4, shift: 3 }), 0.1).verdict).toBe('drifting');
  });

  test('says that no window will do when the reference itself is too small', () => {
    const small = judgeDrift({ psi: 0.05, threshold: 0.1, cells: 10, referenceRows: 100, windowRows: 100_000 });
    expect(small).toMatchObject({ verdict: 'cannot_tell', rowsNeeded: Infinity });
  });

  test('without drift a window of enough rows passes the threshold at most about one time in twenty', () => {
    let alarms = 0;
    for (let seed = 0; seed < 400; seed++)
      if (judge(normal(176, { seed: 1000 + seed }), 0.1).verdict === 'drifting') alarms++;
    expect(alarms / 400).toBeLessThan(0.08);
  });

  test('by a calibrated threshold, windows of any size seldom alarm without drift and mostly with it', () => {
    const cells = Uint32Array.from(reference, (value) => numericCell(profile, value));
    for (const rows of [100, 300]) {
      const scores = referenceChunkScores({ cells, chunkRows: rows });
      const threshold = calibrateThreshold(scores);
      const alarms = (shift: number) =>
        Array.from({ length: 100 }, (_, i) => judge(normal(rows, { seed: 2000 + i, shift }), threshold)).filter(
          ({ verdict }) => verdict === 'drifting',
        ).length;
      expect(alarms(0)).toBeLessThanOrEqual(3);
      expect(alarms(1)).toBeGreaterThanOrEqual(95);
    }
  });
});

describe('a calibrated threshold', () => {
  test('is the mean + 3σ of NannyML, undefined scores left out, and never under its floor', () => {
    expectNear(calibrateThreshold([0.1, 0.12, 0.08, NaN, 0.11, 0.3], 0), 0.38229981273400937);
    expect(calibrateThreshold([0.001, 0.002])).toBe(0.1);
    expect(calibrateThreshold([NaN])).toBe(0.1);
  });

  test('does not mind a sorted reference', () => {
    const cells = Uint32Array.from({ length: 1000 }, (_, row) => Math.floor(row / 100));
    const scores = referenceChunkScores({ cells, chunkRows: 200 });
    expect(Math.max(...scores)).toBeLessThan(0.25);
    expect(referenceChunkScores({ cells, chunkRows: 200 })).toEqual(scores);
  });
});

describe('an alarm', () => {
  const after = (scores: readonly number[], start: Alarm = quietAlarm) =>
    scores.reduce((alarm, score) => stepAlarm(alarm, { score, threshold: 1 }), start);

  test('rises after three windows above the threshold and falls after three below 0.8 of it', () => {
    expect(after([2, 2])).toEqual({ raised: false, streak: 2 });
    expect(after([2, 2, 2])).toEqual({ raised: true, streak: 0 });
    expect(after([2, 2, 0.9, 2, 2]).raised).toBe(false);
    expect(after([2, 2, 2, 0.7, 0.7]).raised).toBe(true);
    expect(after([2, 2, 2, 0.7, 0.7, 0.7]).raised).toBe(false);
    expect(after([2, 2, 2, 0.9, 0.9, 0.9, 0.9]).raised).toBe(true);
  });

  test('neither counts nor forgets a window that cannot tell', () => {
    expect(after([2, 2, NaN, 2]).raised).toBe(true);
    expect(after([NaN, NaN, NaN])).toBe(quietAlarm);
  });

  test('never flaps around the threshold', () => {
    const nearby = fc.array(fc.double({ min: 0.85, max: 1.15, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(nearby, (scores) => {
        let alarm = quietAlarm;
        let changes = 0;
        for (const score of scores) {
          const next = stepAlarm(alarm, { score, threshold: 1 });
          if (next.raised !== alarm.raised) changes++;
          alarm = next;
        }
        expect(changes).toBeLessThanOrEqual(1);
      }),
    );
  });
});
