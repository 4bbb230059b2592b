import { expect, test } from 'vitest';
import { lenses } from '../../../sidecar/language/lenses.ts';
import { unknownProject, type KnownRun } from '../../../sidecar/language/project.ts';

const run = (id: string, more: Partial<KnownRun> = {}): KnownRun => ({
  id,
  active: false,
  epoch: null,
  epochs: null,
  metric: { name: 'accuracy', value: 0.98914 },
  ...more,
});
const titles = (...runs: KnownRun[]) => lenses({ ...unknownProject, runs }).map(({ title }) => title);

test('a file without runs offers to train', () => {
  expect(titles()).toEqual(['▶ Train']);
});

test('the last result and the comparison with the one before', () => {
  expect(titles(run('r61'), run('r57'))).toEqual(['▶ Train', 'last: r61 0.9891', '⇄ Compare with r57']);
});

test('a run in progress can be stopped and tells how far it is', () => {
  const [, stop] = lenses({
    ...unknownProject,
    runs: [run('r62', { active: true, epoch: 7, epochs: 20, metric: { name: 'val_accuracy', value: 0.98 } })],
  });
  expect(stop).toEqual({ title: '■ Stop r62 · epoch 7/20 · 0.98', command: 'trainyard.cancelRun', runs: ['r62'] });
});

test('a run that ended without a number is not the last result', () => {
  expect(titles(run('r63', { metric: null }), run('r61'))).toEqual(['▶ Train', 'last: r61 0.9891']);
});
