import { expect, test } from 'vitest';
import type { Features } from '../../../../sidecar/contract/features.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { planOf } from '../../../../sidecar/pipeline/3-train/plan.ts';

/** The plan of a training of three classes with 6, 3 and 1 rows; what a test cares about is given. */
const planFor = (how: object = {}, task: Features['task'] = 'classification') =>
  planOf({
    training: Training.parse({ model: { name: 'mlp' }, data: { dataset: 'd' }, ...how }),
    features: { task, classes: ['cat', 'dog', 'owl'] } as unknown as Features,
    targets: Float32Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 2),
    batchSize: 32,
  });

test('a plan leaves out what was not asked for', () => {
  expect(planFor()).toEqual({
    epochs: 10,
    batchSize: 32,
    seed: 0,
    loss: 'cross_entropy',
    optimizer: { type: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    learningRate: 0.001,
    schedule: { type: 'constant', warmupEpochs: 0 },
    accumulate: 1,
  });
});

test('a plan has everything that was asked for', () => {
  const optimizer = { type: 'sgd', schedule: { type: 'plateau', step_epochs: 4, factor: 0.5 } };
  const training = {
    accumulate: 4,
    gradient_clip: 2,
    label_smoothing: 0.1,
    ema: 0.99,
    early_stopping: { metric: 'val_accuracy', patience: 7 },
  };
  expect(planFor({ optimizer, training })).toMatchObject({
    schedule: { type: 'plateau', warmupEpochs: 0, stepEpochs: 4, factor: 0.5 },
    accumulate: 4,
    gradientClip: 2,
    labelSmoothing: 0.1,
    averageDecay: 0.99,
    earlyStopping: { metric: 'val_accuracy', patience: 7 },
  });
});

test('balanced class weights are those of scikit-learn: rows / (classes · rows of the class)', () => {
  const { classWeights } = planFor({ training: { class_weights: 'balanced' } });
  expect(classWeights).toEqual([10 / 18, 10 / 9, 10 / 3]);
});

test('class weights are taken by name; a class that is not named counts 1', () => {
  expect(planFor({ training: { class_weights: { owl: 5, cat: 0.5 } } }).classWeights).toEqual([0.5, 1, 5]);
});

test('a weight of no class is refused with the classes there are', () => {
  expect(() => planFor({ training: { class_weights: { bird: 5 } } })).toThrow(
    expect.objectContaining({ code: 'configuration-invalid', hint: 'The classes are cat, dog, owl.' }),
  );
});

test.each([{ label_smoothing: 0.1 }, { class_weights: 'balanced' }])(
  'a regression has no classes to smooth or weigh: %o is refused',
  (training) => {
    expect(() => planFor({ training }, 'regression')).toThrow(/belong to classes/);
  },
);
