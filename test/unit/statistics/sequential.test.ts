import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../sidecar/statistics/random.ts';
import { mixtureRatio, stepSequentialTest, untested } from '../../../sidecar/statistics/sequential.ts';
import { expectNear, expectSameP, lcg, oracle } from './oracle.ts';

interface Point {
  id: string;
  kind: string;
  d: number;
  V: number;
  tau: number;
  alpha: number;
  expected: { log_lambda: number; half_width: number };
}
interface Stream {
  id: string;
  kind: string;
  arm_a: { seed: number; n: number; p: number };
  arm_b: { p: number };
  tau: number;
  first_look: number;
  expected: {
    stop_at: number | null;
    sum_a: number;
    sum_b: number;
    trace: { n: number; d: number; p_running: number }[];
  };
}
const { cases } = oracle('always-valid') as { cases: { kind: string }[] };
const ofKind = (kind: string): unknown => cases.filter((one) => one.kind === kind);

test.each(ofKind('msprt') as Point[])('the closed form agrees on $id', ({ d, V, tau, alpha, expected }) => {
  const { logRatio, reach } = mixtureRatio(d, V, tau, alpha);
  expectNear(logRatio, expected.log_lambda);
  expectNear(reach, expected.half_width);
});

describe.each(ofKind('msprt_stream') as Stream[])(
  'on the stream $id',
  ({ arm_a: a, arm_b: b, tau, first_look, expected }) => {
    test('the test stops where it should', () => {
      const next = lcg(a.seed);
      const draw = (p: number) => Array.from({ length: a.n }, () => (next() < p ? 1 : 0));
      const [first, second] = [draw(a.p), draw(b.p)];
      let result = untested;
      let [sumA, sumB] = [0, 0];
      let stop: number | null = null;
      for (let i = 0; i < a.n; i++) {
        sumA += first[i]!;
        sumB += second[i]!;
        const total = i + 1;
        const arms = [
          { successes: sumA, total },
          { successes: sumB, total },
        ] as const;
        result = stepSequentialTest(result, ...arms, { tau, firstLook: first_look });
        if (result.verdict === 'different') stop ??= total;
        const traced = expected.trace.find(({ n }) => n === total);
        if (traced === undefined) continue;
        expectNear(result.difference, traced.d);
        expectSameP(result.p, traced.p_running);
      }
      expect([stop, sumA, sumB]).toEqual([expected.stop_at, expected.sum_a, expected.sum_b]);
    });
  },
);

test('looking after every request raises no false alarms, whatever the base rate', () => {
  for (const rate of [0.01, 0.05, 0.2]) {
    const random = createRandom(31);
    let alarms = 0;
    for (let repeat = 0; repeat < 200; repeat++) {
      let result = untested;
      const arms = [0, 0] as [number, number];
      for (let total = 1; total <= 1500 && result.verdict !== 'different'; total++) {
        for (const arm of [0, 1] as const) if (random.next() < rate) arms[arm]++;
        const [first, second] = arms.map((successes) => ({ successes, total })) as [Arm, Arm];
        result = stepSequentialTest(result, first, second, { tau: 0.03, firstLook: 20 });
      }
      if (result.verdict === 'different') alarms++;
    }
    expect(alarms / 200, `at ${rate}`).toBeLessThanOrEqual(0.07);
  }
});

test('nothing is decided before the first look, or while all requests are alike', () => {
  const look = (first: Arm, second: Arm) => stepSequentialTest(untested, first, second, { tau: 0.03 });
  expect(look({ successes: 0, total: 99 }, { successes: 99, total: 99 }).verdict).toBe('equal_so_far');
  expect(look({ successes: 0, total: 500 }, { successes: 500, total: 500 })).toMatchObject({ p: 1, difference: 1 });
  expect(look({ successes: 0, total: 0 }, { successes: 0, total: 0 }).difference).toBeNaN();
});

type Arm = Parameters<typeof stepSequentialTest>[1];
