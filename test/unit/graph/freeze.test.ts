import { expect, test } from 'vitest';
import { buildModel } from '../../../sidecar/graph/build.ts';
import { frozenWeights } from '../../../sidecar/graph/freeze.ts';
import { trainableParameters } from '../../../sidecar/graph/parameters.ts';
import { buildTrainStep } from '../../../sidecar/graph/train-step.ts';

const model = buildModel({
  architecture: 'resnet18',
  params: {},
  inputShape: [3, 16, 16],
  outputs: 4,
  task: 'classification',
  seed: 1,
  normalization: { mean: [0], std: [1] },
});
const names = trainableParameters(model.graph).map(({ name }) => name);
const step = (frozen: readonly string[]) =>
  buildTrainStep(model, {
    batch: 4,
    loss: 'cross_entropy',
    optimizer: { type: 'sgd' },
    frozen: new Set(frozen),
  });

test('nothing is frozen by default', () => {
  expect(frozenWeights(model, 'none')).toEqual([]);
});

test('the backbone is everything but the head', () => {
  const frozen = frozenWeights(model, 'backbone');
  expect(names.filter((name) => !frozen.includes(name))).toEqual(['fc.weight', 'fc.bias']);
});

test('a pattern freezes what it matches, dots being dots', () => {
  expect(frozenWeights(model, ['bn1.*', 'conv1.weight'])).toEqual(['conv1.weight', 'bn1.weight', 'bn1.bias']);
});

test('a pattern that matches nothing is refused with what there is', () => {
  expect(() => frozenWeights(model, ['blocks.*'])).toThrow(
    'No weight is called “blocks.*” (model.freeze). There are conv1.*',
  );
});

test('nothing left to train is refused', () => {
  expect(() => frozenWeights(model, ['*'])).toThrow('nothing is left to train');
});

test('with a frozen backbone nothing of it changes, running statistics neither, and no convolution goes backward', () => {
  const { state, model: graph } = step(frozenWeights(model, 'backbone'));
  expect(state.filter(({ role }) => role !== 'optimizer').map(({ input }) => input)).toEqual(['fc.weight', 'fc.bias']);
  const forward = model.graph.nodes.filter(({ op }) => op === 'Conv').length;
  expect(graph.graph.nodes.filter(({ op }) => op === 'Conv' || op === 'ConvTranspose')).toHaveLength(forward);
});

test('a frozen first stage keeps its statistics while the others move theirs', () => {
  const statistics = step(frozenWeights(model, ['conv1.*', 'bn1.*', 'layer1.*']))
    .state.filter(({ role }) => role === 'statistic')
    .map(({ input }) => input);
  expect(statistics.some((name) => /^(bn1|layer1)/.test(name))).toBe(false);
  expect(statistics).toContain('layer2.0.bn1.running_mean');
});
