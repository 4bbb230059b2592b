import { describe, expect, test } from 'vitest';
import { buildModel, type BuildRequest } from '../../../../sidecar/graph/build.ts';
import { sizeOf } from '../../../../sidecar/graph/model.ts';
import { fitWeights, type LoadedTensor } from '../../../../sidecar/graph/weights/fit.ts';

const build = (change: Partial<BuildRequest> = {}) =>
  buildModel({
    architecture: 'resnet18',
    params: {},
    inputShape: [3, 64, 64],
    outputs: 10,
    task: 'classification',
    seed: 1,
    normalization: { mean: [0], std: [1] },
    ...change,
  });

/** The weights of a model of another seed, as a file would give them. */
const fileOf = (change: Partial<BuildRequest> = {}, rename: (name: string) => string = (name) => name) =>
  new Map(
    build({ seed: 2, ...change }).graph.initializers.map(({ name, dims, data }): [string, LoadedTensor] => [
      rename(name),
      { dims, floats: () => data as Float32Array },
    ]),
  );

const weight = (model: ReturnType<typeof build>, name: string) =>
  model.graph.initializers.find((tensor) => tensor.name === name)!.data;

test('every weight and running statistic is taken over', () => {
  const file = fileOf();
  file.set('bn1.running_mean', { dims: [64], floats: () => new Float32Array(64).fill(0.25) });
  const { model, notes } = fitWeights(build(), file);
  expect(notes).toEqual([]);
  expect(weight(model, 'layer4.1.conv2.weight')).toEqual(file.get('layer4.1.conv2.weight')!.floats());
  expect(weight(model, 'fc.bias')).toEqual(file.get('fc.bias')!.floats());
  expect(Array.from(weight(model, 'bn1.running_mean') as Float32Array)).toEqual(new Array(64).fill(0.25));
});

test('a word in front of every name, as DataParallel puts it, is passed over', () => {
  const file = fileOf({}, (name) => `module.${name}`);
  const { model } = fitWeights(build(), file);
  expect(weight(model, 'conv1.weight')).toEqual(file.get('module.conv1.weight')!.floats());
});

describe('what does not fit', () => {
  test('in the head begins anew, and is told', () => {
    const { model, notes } = fitWeights(build(), fileOf({ outputs: 1000 }));
    expect(notes).toEqual(['The file has a head of 1000 classes and the data 10; the head begins anew.']);
    expect(weight(model, 'fc.weight')).toEqual(weight(build(), 'fc.weight'));
  });

  test('in the stem of small images begins anew, and is told', () => {
    const { notes } = fitWeights(build({ inputShape: [3, 32, 32] }), fileOf());
    expect(notes).toEqual([
      'The first convolution is 3x3 for images of this size and 7x7 in the file; it begins anew.',
    ]);
  });

  test('for grey images is summed over the colours: a grey image gives the same maps', () => {
    const file = fileOf();
    const { model, notes } = fitWeights(build({ inputShape: [1, 64, 64] }), file);
    expect(notes[0]).toContain('sum of the file’s over its 3 channels');
    const [theirs, ours] = [file.get('conv1.weight')!.floats(), weight(model, 'conv1.weight') as Float32Array];
    expect(ours).toHaveLength(sizeOf([64, 1, 7, 7]));
    expect(ours[49 * 5 + 3]).toBeCloseTo(
      [0, 1, 2].reduce((sum, c) => sum + theirs[49 * (5 * 3 + c) + 3]!, 0),
      6,
    );
  });

  test('anywhere else is refused, with names and shapes', () => {
    expect(() => fitWeights(build({ architecture: 'resnet50' }), fileOf())).toThrow(
      /belong to another model: \d+ of \d+ tensors do not fit \(“layer1\.0\.conv1\.weight” is 64x64x3x3 and should be 64x64x1x1/,
    );
  });

  test('because the model has no place for it is told', () => {
    const file = fileOf();
    file.set('aux.weight', { dims: [1], floats: () => new Float32Array(1) });
    file.set('bn1.num_batches_tracked', { dims: [], floats: () => new Float32Array(1) });
    expect(fitWeights(build(), file).notes).toEqual([
      'The file also holds “aux.weight”, for which this model has no place.',
    ]);
  });
});
