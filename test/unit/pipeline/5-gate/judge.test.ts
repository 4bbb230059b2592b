import { expect, test } from 'vitest';
import { Hash } from '../../../../sidecar/contract/ids.ts';
import { GateRule } from '../../../../sidecar/contract/training.ts';
import type { z } from 'zod';
import { describeRule, judge } from '../../../../sidecar/pipeline/5-gate/judge.ts';
import { createRandom } from '../../../../sidecar/statistics/random.ts';
import { measureOf, reportOf } from '../../../support/report.ts';

const rule = (text: z.input<typeof GateRule>) => GateRule.parse(text);
const judged = (text: z.input<typeof GateRule>, report = reportOf(), pairs: Parameters<typeof judge>[3] = null) =>
  judge(rule(text), 0, report, pairs);

const accuracy = reportOf({ measures: [measureOf('accuracy', 0.97, 0.95, 0.98)] });

test('without a confidence the measured value decides, on both sides of the limit', () => {
  expect(judged({ metric: 'accuracy', at_least: 0.97 }, accuracy).verdict).toBe('pass');
  expect(judged({ metric: 'accuracy', at_least: 0.971 }, accuracy).verdict).toBe('fail');
  expect(judged({ metric: 'accuracy', at_most: 0.969 }, accuracy).verdict).toBe('fail');
});

test('with a confidence the interval decides, and one that reaches across the limit cannot tell', () => {
  const verdict = (at_least: number) => judged({ metric: 'accuracy', at_least, confidence: 0.95 }, accuracy).verdict;
  expect(verdict(0.94)).toBe('pass');
  expect(verdict(0.96)).toBe('cannot_tell');
  expect(verdict(0.99)).toBe('fail');
});

test('the reason is a sentence with the figures that decided', () => {
  expect(judged({ metric: 'accuracy', at_least: 0.98 }, accuracy).reason).toBe(
    'It is 0.97 (95 % interval 0.95 to 0.98, 1000 rows); at least 0.98 is asked.',
  );
});

test('a metric that the report lacks, or that is undefined, fails and is named', () => {
  expect(judged({ metric: 'beauty', at_least: 1 }, accuracy)).toMatchObject({
    verdict: 'fail',
    reason: 'The report has no beauty; it has accuracy.',
  });
  expect(
    judged({ metric: 'accuracy', at_least: 0 }, reportOf({ measures: [measureOf('accuracy', null)] })).verdict,
  ).toBe('fail');
});

test('latency is judged from the measured latency', () => {
  expect(judged({ metric: 'latency_p95_ms', at_most: 2 }).verdict).toBe('pass');
  expect(judged({ metric: 'latency_p50_ms', at_most: 0.5 }).verdict).toBe('fail');
});

test('a rule on a slice judges that class alone', () => {
  const report = reportOf({
    classes: [{ class: '9', support: 100, precision: 0.9, recall: 0.85, f1: 0.87, recallLow: null, recallHigh: null }],
  });
  const nine = { slice: { class: 9 }, metric: 'recall' };
  expect(judged({ ...nine, at_least: 0.9 }, report)).toMatchObject({ verdict: 'fail', value: 0.85 });
  expect(judged({ ...nine, at_least: 0.8, confidence: 0.95 }, report).verdict).toBe('cannot_tell');
  expect(judged({ slice: { class: 'x' }, metric: 'recall', at_least: 0 }, report).reason).toContain(
    'There is no class x',
  );
});

const champion = { version: 3, measures: [], predictions: Hash.parse('c'.repeat(64)) };
const withChampion = reportOf({ champion });
const truth = Array.from({ length: 1000 }, (_, row) => row % 2);
const wrongOn = (share: number, seed: number) => {
  const random = createRandom(seed);
  return truth.map((label) => (random.next() < share ? 1 - label : label));
};
const notWorse = { metric: 'accuracy', not_worse_than: 'champion' } as const;

test('without a champion there is nothing to be worse than', () => {
  expect(judged(notWorse)).toMatchObject({
    verdict: 'pass',
    reason: 'There is no champion yet, so there is nothing to be worse than.',
  });
});

test('a champion that could not be scored makes the verdict unknown, never a pass', () => {
  const report = reportOf({ championNote: 'The champion takes other inputs.' });
  expect(judged(notWorse, report)).toMatchObject({
    verdict: 'cannot_tell',
    reason: 'The champion takes other inputs.',
  });
});

test('a model that is clearly better than the champion passes, one that is clearly worse fails', () => {
  const better = { truth, candidate: wrongOn(0.02, 1), champion: wrongOn(0.3, 2), classes: 2 };
  expect(judged(notWorse, withChampion, better).verdict).toBe('pass');
  const worse = { ...better, candidate: better.champion, champion: better.candidate };
  expect(judged(notWorse, withChampion, worse).verdict).toBe('fail');
});

test('a difference within the noise cannot be told, and the sentence says what would decide', () => {
  const alike = { truth, candidate: wrongOn(0.1, 1), champion: wrongOn(0.1, 2), classes: 2 };
  const verdict = judged(notWorse, withChampion, alike);
  expect(verdict.verdict).toBe('cannot_tell');
  expect(verdict.reason).toMatch(/rows got better, \d+ worse \(McNemar p/);
  expect(judged({ ...notWorse, by: 0.1 }, withChampion, alike).verdict).toBe('pass');
});

test('a model that answers exactly like the champion is not worse', () => {
  const same = wrongOn(0.1, 1);
  expect(judged(notWorse, withChampion, { truth, candidate: same, champion: same, classes: 2 }).verdict).toBe('pass');
});

test('a rule reads as a person writes it', () => {
  expect(describeRule(rule({ metric: 'accuracy', at_least: 0.9, confidence: 0.95 }))).toBe(
    'accuracy ≥ 0.9 at 95 % confidence',
  );
  expect(describeRule(rule({ slice: { class: 9 }, metric: 'recall', at_most: 1 }))).toBe('recall of class 9 ≤ 1');
  expect(describeRule(rule({ ...notWorse, by: 0.01 }))).toBe('accuracy not worse than the champion by 0.01');
});
