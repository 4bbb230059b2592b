import { expect, test } from 'vitest';
import { Training } from '../../../sidecar/contract/training.ts';
import { changesBetween } from '../../../sidecar/runs/changes.ts';
import { runOf } from '../../support/run.ts';

const training = (lr: number) =>
  Training.parse({ model: { name: 'cnn' }, data: { dataset: 'data/raw/images' }, optimizer: { lr } });

test('only the settings that differ are changes', () => {
  expect(changesBetween(runOf(1, { training: training(0.01) }), runOf(2, { training: training(0.02) }))).toEqual([
    { kind: 'configuration', name: 'optimizer.lr', from: '0.01', to: '0.02' },
  ]);
});

test('another environment is a change of its own, beside the configuration', () => {
  const changes = changesBetween(runOf(1), runOf(2, { environment: { node: 'v26', gpu: 'none' } }));
  expect(changes).toEqual([
    { kind: 'environment', name: 'gpu', from: null, to: 'none' },
    { kind: 'environment', name: 'node', from: 'v24', to: 'v26' },
  ]);
});

test('equal runs have no changes', () => {
  expect(changesBetween(runOf(1), runOf(2))).toEqual([]);
});
