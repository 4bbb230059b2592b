import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StageName } from '../../../../sidecar/contract/ids.ts';
import { fractionOf, sayProgress } from '../../../../extension/experiments/progress.ts';
import { run, stage } from '../sample.ts';

const names = StageName.options;

test('the fraction lies between 0 and 1 and grows with each stage that ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: names.length - 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (ended, fraction) => {
        const stages = names.map((name, index) => {
          if (index < ended) return stage(name, { status: 'done' });
          return index === ended ? stage(name, { status: 'running', fraction }) : stage(name);
        });
        const before = fractionOf({
          stages: names.map((name, index) => stage(name, { status: index < ended ? 'done' : 'waiting' })),
        });
        const now = fractionOf({ stages });
        expect(now).toBeGreaterThanOrEqual(before);
        expect(now).toBeLessThanOrEqual(1);
      },
    ),
  );
  expect(fractionOf({ stages: names.map((name) => stage(name, { status: 'reused' })) })).toBeCloseTo(1, 12);
  expect(fractionOf({ stages: [] })).toBe(0);
});

test('progress is told in a few words', () => {
  const stages = [stage('train', { status: 'running', fraction: 0.35, note: 'epoch 7 of 20', remainingMs: 720_000 })];
  const metric = { name: 'val_accuracy', value: 0.98123, better: 'higher' as const };
  expect(sayProgress(run('r1', { status: 'running', stages, epoch: 7, epochs: 20, metric }))).toBe(
    'train · epoch 7/20 · ~12 min 0 s left · val_accuracy 0.9812',
  );
  const featurize = [stage('featurize', { status: 'running', note: '12,000 of 60,000 images' })];
  expect(sayProgress(run('r1', { status: 'running', stages: featurize, metric: null }))).toBe(
    'featurize · 12,000 of 60,000 images',
  );
  expect(sayProgress(run('r1', { status: 'queued' }))).toBe('waiting for another run');
});
