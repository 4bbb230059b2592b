import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BuildRequest } from '../../../sidecar/graph/build.ts';
import { GraphError } from '../../../sidecar/graph/graph-error.ts';
import type { Loss } from '../../../sidecar/graph/losses.ts';
import type { Model } from '../../../sidecar/graph/model.ts';
import { sizeOf } from '../../../sidecar/graph/model.ts';
import type { Optimizer } from '../../../sidecar/graph/optimizers.ts';
import { stepScalars } from '../../../sidecar/graph/optimizers.ts';
import { createRandom } from '../../../sidecar/graph/random.ts';
import type { TrainStep } from '../../../sidecar/graph/train-step.ts';
import { buildTrainStep } from '../../../sidecar/graph/train-step.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import { build } from './models.ts';
import { relativeError, runModel } from './run-graph.ts';
import { askTensorflow } from './tfjs-oracle.ts';

const normals = (size: number, seed: number): Float32Array => {
  const { normal } = createRandom(seed);
  return Float32Array.from({ length: size }, normal);
};

/** Feeds of a step at its start: data, scalars, masks, the initial state. */
const feedsOf = (
  step: TrainStep,
  inputs: Float32Array,
  targets: Float32Array,
  scalars: Readonly<Record<string, number>>,
) => ({
  [step.input]: inputs,
  [step.target]: targets,
  ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
  ...Object.fromEntries(step.masks.map(({ name, dims, share }, index) => [name, maskOf(dims, share, index)])),
  ...Object.fromEntries(step.state.map(({ input, initial }) => [input, initial.data])),
});

const maskOf = (dims: readonly number[], share: number, seed: number): Float32Array => {
  const { uniform } = createRandom(seed);
  return Float32Array.from({ length: sizeOf(dims) }, () => (uniform() < share ? 0 : 1 / (1 - share)));
};

/** From zero momentum the new momentum of a step is the gradient itself. */
const plain: Optimizer = { type: 'sgd', momentum: 0.9 };

const gradientsOf = async (model: Model, batch: number, loss: Loss, inputs: Float32Array, targets: Float32Array) => {
  const step = buildTrainStep(model, { batch, loss, optimizer: plain });
  const results = await runModel(step.model, feedsOf(step, inputs, targets, { lr: 0.1 }));
  const slots = step.state.filter(({ input }) => input.endsWith('__momentum'));
  return {
    step,
    loss: results[step.loss]![0]!,
    gradients: Object.fromEntries(
      slots.map(({ input, output }) => [input.replace('__momentum', ''), results[output]!]),
    ),
  };
};

describe('gradients of a whole model are those of tensorflow.js', () => {
  const cases: readonly (readonly [string, Partial<BuildRequest>, Loss])[] = [
    ['linear', { architecture: 'linear', inputShape: [5], outputs: 4 }, 'cross_entropy'],
    ['linear regression', { architecture: 'linear', inputShape: [5], outputs: 1, task: 'regression' }, 'mse'],
    ['mlp', { architecture: 'mlp', inputShape: [7], outputs: 3, params: { hidden: [16, 8] } }, 'cross_entropy'],
    ['mlp on images', { inputShape: [2, 3, 3], normalization: { mean: [1, 2], std: [3, 0.5] } }, 'cross_entropy'],
    ['mlp with dropout', { inputShape: [6], params: { hidden: [12, 9], dropout: 0.4 } }, 'cross_entropy'],
    ['mlp of two classes', { inputShape: [6], outputs: 1 }, 'binary_cross_entropy'],
    ['cnn of grey images', { architecture: 'cnn', inputShape: [1, 20, 20], outputs: 10 }, 'cross_entropy'],
    [
      'cnn of colour images of odd size',
      {
        architecture: 'cnn',
        inputShape: [3, 9, 11],
        outputs: 4,
        params: { channels: [8, 9], hidden: [10], dropout: 0 },
      },
      'cross_entropy',
    ],
  ];

  test.each(cases)('%s', async (_, given, loss) => {
    const batch = 6;
    const model = build(given);
    const inputDims = [batch, ...(given.inputShape ?? [])];
    const inputs = normals(sizeOf(inputDims), 1);
    const classes = given.outputs ?? 3;
    const targets =
      loss === 'mse'
        ? normals(batch, 2)
        : Float32Array.from({ length: batch }, (_row, row) => row % Math.max(classes, 2));
    const ours = await gradientsOf(model, batch, loss, inputs, targets);
    const theirs = await askTensorflow({
      model,
      head: ours.step.predictions,
      loss,
      inputs,
      inputDims,
      targets,
      masks: ours.step.masks.map(({ dims, share }, index) => ({ dims, data: maskOf(dims, share, index) })),
    });
    expect(ours.loss).toBeCloseTo(theirs.loss, 5);
    expect(Object.keys(ours.gradients).toSorted()).toEqual(Object.keys(theirs.gradients).toSorted());
    for (const [name, gradient] of Object.entries(theirs.gradients))
      expect(relativeError(ours.gradients[name]!, gradient), name).toBeLessThan(1e-5);
  });
});

describe('an optimizer', () => {
  /** Steps of a single weight whose gradient is known: the mean squared error of w·1 against 0 has the slope 2w. */
  const follow = async (optimizer: Optimizer, rate: number, steps: number): Promise<number[]> => {
    const model = build({ architecture: 'linear', inputShape: [1], outputs: 1, task: 'regression' });
    const step = buildTrainStep(model, {
      batch: 2,
      loss: 'mse',
      optimizer,
      frozen: new Set(['output.bias']),
    });
    let feeds: Record<string, Float32Array> = feedsOf(step, Float32Array.of(1, 1), Float32Array.of(0, 0), {});
    feeds['output.weight'] = Float32Array.of(0.7);
    const course: number[] = [];
    for (let count = 1; count <= steps; count += 1) {
      const scalars = stepScalars(optimizer, rate, count);
      for (const [name, value] of Object.entries(scalars)) feeds[name] = Float32Array.of(value);
      const results = await runModel(step.model, feeds);
      feeds = { ...feeds, ...Object.fromEntries(step.state.map(({ input, output }) => [input, results[output]!])) };
      course.push(feeds['output.weight']![0]!);
    }
    return course;
  };

  /** The same course in float64, written after the documentation of torch.optim. */
  const reference: Readonly<
    Record<Optimizer['type'], (optimizer: Optimizer, rate: number, steps: number) => number[]>
  > = {
    sgd: ({ momentum = 0, weightDecay = 0 }, rate, steps) => {
      let [w, u] = [0.7, 0];
      return Array.from({ length: steps }, () => {
        u = momentum * u + 2 * w + weightDecay * w;
        return (w -= rate * u);
      });
    },
    adam: ({ weightDecay = 0 }, rate, steps) => {
      let [w, m, v] = [0.7, 0, 0];
      return Array.from({ length: steps }, (_, index) => {
        const g = 2 * w + weightDecay * w;
        [m, v] = [0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g];
        return (w -= (rate * (m / (1 - 0.9 ** (index + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (index + 1))) + 1e-8));
      });
    },
    adamw: ({ weightDecay = 0 }, rate, steps) => {
      let [w, m, v] = [0.7, 0, 0];
      return Array.from({ length: steps }, (_, index) => {
        const g = 2 * w;
        w -= rate * weightDecay * w;
        [m, v] = [0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g];
        return (w -= (rate * (m / (1 - 0.9 ** (index + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (index + 1))) + 1e-8));
      });
    },
    rmsprop: (_, rate, steps) => {
      let [w, s] = [0.7, 0];
      return Array.from({ length: steps }, () => {
        const g = 2 * w;
        s = 0.99 * s + 0.01 * g * g;
        return (w -= (rate * g) / (Math.sqrt(s) + 1e-8));
      });
    },
  };

  test.each([
    [{ type: 'sgd', momentum: 0 }],
    [{ type: 'sgd', momentum: 0.9, weightDecay: 0.1 }],
    [{ type: 'adam' }],
    [{ type: 'adam', weightDecay: 0.3 }],
    [{ type: 'adamw' }],
    [{ type: 'adamw', weightDecay: 0.3 }],
    [{ type: 'rmsprop' }],
  ] as const)('%o takes the steps of PyTorch', async (optimizer) => {
    const expected = reference[optimizer.type](optimizer, 0.05, 12);
    (await follow(optimizer, 0.05, 12)).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5));
  });

  test('with epsilon in the place where PyTorch has it: a tiny gradient still moves the weight by PyTorch’s step', () => {
    const gradient = 1e-9;
    const { lr = 0, eps = 0 } = stepScalars({ type: 'adam' }, 0.001, 1);
    const ours = (lr * gradient) / (Math.sqrt(gradient ** 2) + eps);
    expect(ours).toBeCloseTo((0.001 * gradient) / (gradient + 1e-8), 12);
  });
});

describe('a train step', () => {
  const inputs = normals(4 * 4, 3);
  const targets = Float32Array.of(0, 1, 2, 0);

  test('scales all gradients together where their norm is above the limit, and only there', async () => {
    const model = build();
    const norm = async (gradientClip?: number) => {
      const request = { batch: 4, loss: 'cross_entropy', optimizer: plain } as const;
      const step = buildTrainStep(model, gradientClip === undefined ? request : { ...request, gradientClip });
      const results = await runModel(step.model, feedsOf(step, inputs, targets, { lr: 0.1 }));
      const slots = step.state.filter(({ role }) => role === 'optimizer');
      return Math.sqrt(
        slots.flatMap(({ output }) => [...results[output]!]).reduce((sum, value) => sum + value ** 2, 0),
      );
    };
    const free = await norm();
    expect(await norm(free / 10)).toBeCloseTo(free / 10, 4);
    expect(await norm(free * 10)).toBeCloseTo(free, 5);
  });

  test('moves the running statistics as PyTorch does, with the unbiased variance', async () => {
    const model = build({ architecture: 'cnn', inputShape: [1, 2, 2], params: { channels: [1], dropout: 0 } });
    const step = buildTrainStep(model, { batch: 3, loss: 'cross_entropy', optimizer: plain });
    const feeds = feedsOf(step, normals(12, 5), Float32Array.of(0, 1, 2), { lr: 0.1 });
    const { initializers } = model.graph;
    const observed = {
      ...step.model,
      graph: { ...step.model.graph, outputs: [...step.model.graph.outputs, pooledOf(model)] },
    };
    const results = await runModel(observed, feeds);
    const values = [...results[pooledOf(model).name]!];
    const mean = values.reduce((sum, value) => sum + value, 0) / 3;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
    expect(initializers.map(({ name }) => name)).toContain('norm1.mean');
    expect(results['norm1.mean__n']![0]).toBeCloseTo(0.1 * mean, 5);
    expect(results['norm1.variance__n']![0]).toBeCloseTo(0.9 + 0.1 * variance, 5);
  });

  const pooledOf = (model: Model) => ({
    name: model.graph.nodes.find(({ op }) => op === 'MaxPool')!.outputs[0]!,
    type: 'float32' as const,
    shape: [3, 1, 1, 1],
  });

  test('is the same graph, bit for bit, every time', () => {
    const request = { batch: 4, loss: 'cross_entropy', optimizer: { type: 'adam' } } as const;
    const model = build({ architecture: 'cnn', inputShape: [1, 8, 8] });
    expect(writeModel(buildTrainStep(model, request).model)).toEqual(writeModel(buildTrainStep(model, request).model));
  });

  test('lowers the loss when the step is small, whatever the model and the data', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom('mlp' as const, 'linear' as const), async (seed, architecture) => {
        const model = build({ architecture, seed: Math.abs(seed), params: {} });
        const step = buildTrainStep(model, {
          batch: 4,
          loss: 'cross_entropy',
          optimizer: { type: 'sgd', momentum: 0 },
        });
        const feeds = feedsOf(step, normals(16, seed), targets, { lr: 1e-3 });
        const first = await runModel(step.model, feeds);
        const next = Object.fromEntries(step.state.map(({ input, output }) => [input, first[output]!]));
        const second = await runModel(step.model, { ...feeds, ...next });
        expect(second[step.loss]![0]).toBeLessThanOrEqual(first[step.loss]![0]!);
      }),
      { numRuns: 15 },
    );
  });

  test.each([
    ['binary_cross_entropy tells two classes apart', { loss: 'binary_cross_entropy' as const }],
    [
      'nothing that training could change',
      { frozen: new Set(['dense1.weight', 'dense1.bias', 'output.weight', 'output.bias']) },
    ],
  ])('is refused with a sentence: %s', (message, given) => {
    const request = { batch: 4, loss: 'cross_entropy' as const, optimizer: plain, ...given };
    expect(() => buildTrainStep(build(), request)).toThrow(message);
  });

  test('is refused for an operator without a gradient, by its name', () => {
    const model = build();
    const nodes = model.graph.nodes.map((node) => (node.op === 'Relu' ? { ...node, op: 'Hardmax' } : node));
    const changed = { ...model, graph: { ...model.graph, nodes } };
    const request = { batch: 4, loss: 'cross_entropy' as const, optimizer: plain };
    expect(() => buildTrainStep(changed, request)).toThrow(GraphError);
    expect(() => buildTrainStep(changed, request)).toThrow('The operator Hardmax has no gradient here.');
  });

  test('is refused where batch normalization would have one value', () => {
    const model = build({ architecture: 'cnn', inputShape: [1, 2, 2], params: { channels: [2] } });
    const request = { batch: 1, loss: 'cross_entropy' as const, optimizer: plain };
    expect(() => buildTrainStep(model, request)).toThrow(/use a larger batch/);
  });
});
