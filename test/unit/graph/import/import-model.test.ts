import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../../../sidecar/graph/graph-error.ts';
import { importModel } from '../../../../sidecar/graph/import/import-model.ts';
import type { Model } from '../../../../sidecar/graph/model.ts';
import { sizeOf } from '../../../../sidecar/graph/model.ts';
import { runningStatistics, trainableParameters } from '../../../../sidecar/graph/parameters.ts';
import { createRandom } from '../../../../sidecar/graph/random.ts';
import { buildTrainStep } from '../../../../sidecar/graph/train-step.ts';
import { build } from '../models.ts';
import { relativeError, runModel } from '../run-graph.ts';
import { fileOf, float, floats, importAs, int, ints, node, opsOf, text, weight, whole, type File } from './files.ts';

const draw = (size: number, seed = 3): Float32Array => {
  const { normal } = createRandom(seed);
  return Float32Array.from({ length: size }, normal);
};
const names = (model: Model) => trainableParameters(model.graph).map(({ name }) => name);
const refusalOf = (make: () => unknown): GraphError => {
  try {
    make();
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
};

/** Imports the file and compares its logits with what the file itself says of the same rows. */
const expectSame = async (given: File, inputShape: readonly number[], rows = 3): Promise<Model> => {
  const file = fileOf(given);
  const { model } = importAs(file, { inputShape });
  const x = draw(rows * sizeOf(inputShape));
  const [theirs, ours] = [await runModel(file, { x }, rows), await runModel(model, { input: x }, rows)];
  expect(relativeError(ours['logits']!, theirs[file.graph.outputs[0]!.name]!)).toBeLessThan(1e-6);
  const step = buildTrainStep(model, {
    batch: rows,
    loss: 'cross_entropy',
    optimizer: { type: 'sgd', momentum: 0, weightDecay: 0 },
  });
  expect(step.width).toBe(3);
  return model;
};

const dense = (from: string, width: number) => ({
  node: node('Gemm', [from, 'w', 'b'], 'y'),
  tensors: [weight('w', [width, 3]), weight('b', [3], 2)],
});

describe('operators of older sets', () => {
  const last = dense('z', 4);
  const cases: readonly (readonly [name: string, file: File])[] = [
    [
      'Squeeze and Unsqueeze with axes as attributes',
      {
        opset: 11,
        nodes: [
          node('Unsqueeze', ['x'], 'u', { axes: ints([1, 3]) }),
          node('Squeeze', ['u'], 'z', { axes: ints([1, 3]) }),
          last.node,
        ],
      },
    ],
    [
      'ReduceSum with axes as attributes',
      {
        opset: 12,
        nodes: [
          node('Unsqueeze', ['x'], 'u', { axes: ints([2]) }),
          node('ReduceSum', ['u'], 'z', { axes: ints([2]), keepdims: int(0) }),
          last.node,
        ],
      },
    ],
    [
      'ReduceMean with axes as inputs',
      {
        opset: 18,
        nodes: [
          node('Unsqueeze', ['x', 'two'], 'u'),
          node('ReduceMean', ['u', 'two'], 'z', { keepdims: int(0) }),
          last.node,
        ],
        tensors: [whole('two', [2])],
      },
    ],
    [
      'Slice, Pad and Clip with attributes',
      {
        opset: 9,
        nodes: [
          node('Slice', ['x'], 's', { starts: ints([1]), ends: ints([3]), axes: ints([1]) }),
          node('Pad', ['s'], 'p', { pads: ints([0, 1, 0, 1]), value: float(0.5) }),
          node('Clip', ['p'], 'z', { min: float(-1), max: float(1) }),
          last.node,
        ],
      },
    ],
    ['Clip with one bound', { opset: 10, nodes: [node('Clip', ['x'], 'z', { min: float(0) }), last.node] }],
    [
      'Split with sizes as attributes',
      {
        opset: 11,
        nodes: [
          { ...node('Split', ['x'], 'a', { axis: int(1), split: ints([1, 3]) }), outputs: ['a', 'c'] },
          node('Concat', ['c', 'a'], 'z', { axis: int(1) }),
          last.node,
        ],
      },
    ],
    [
      'Dropout with its share as an attribute',
      { opset: 10, nodes: [node('Dropout', ['x'], 'z', { ratio: float(0.3) }), last.node] },
    ],
    [
      'Dropout with a mask',
      { opset: 12, nodes: [{ ...node('Dropout', ['x'], 'z'), outputs: ['z', 'mask'] }, last.node] },
    ],
    [
      'Softmax of all axes from its own on',
      {
        opset: 11,
        nodes: [
          node('Reshape', ['x', 'cells'], 'r'),
          node('Softmax', ['r'], 's', { axis: int(1) }),
          node('Flatten', ['s'], 'z'),
          last.node,
        ],
        tensors: [whole('cells', [-1, 2, 2])],
      },
    ],
  ];

  test.each(cases)('%s', (_, file) =>
    expectSame({ ...file, tensors: [...(file.tensors ?? []), ...last.tensors] }, [4]).then(() => undefined),
  );

  test('Upsample and the first Resize repeat pixels', async () => {
    const end = dense('f', 16);
    const flat = [node('Flatten', ['u'], 'f'), end.node];
    const scales = weight('scales', [4]);
    const doubled = { ...scales, data: Float32Array.of(1, 1, 2, 2) };
    const image = { input: ['N', 1, 2, 2], tensors: [doubled, ...end.tensors] };
    const nearest = { mode: text('nearest') };
    await expectSame(
      { ...image, opset: 9, nodes: [node('Upsample', ['x', 'scales'], 'u', nearest), ...flat] },
      [1, 2, 2],
    );
    await expectSame(
      { ...image, opset: 10, nodes: [node('Resize', ['x', 'scales'], 'u', nearest), ...flat] },
      [1, 2, 2],
    );
  });

  test('older than 9 are refused', () => {
    const { message, hint } = refusalOf(() =>
      importAs(fileOf({ opset: 8, nodes: [dense('x', 4).node], tensors: dense('x', 4).tensors })),
    );
    expect(message).toBe('The file uses operator set 8; fine-tuning needs 9 or newer.');
    expect(hint).toContain('onnx.version_converter');
  });
});

describe('batch normalization', () => {
  const channels = ['scale', 'bias', 'mean', 'var'].map((name) => ({
    ...weight(name, [2]),
    data: Float32Array.of(0.5, 1.5),
  }));
  const end = dense('f', 8);
  const normal = (outputs: readonly string[], attributes = {}) => ({
    ...node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'var'], 'n', attributes),
    outputs,
  });
  const file = (normalization: ReturnType<typeof normal>, opset: number): File => ({
    opset,
    input: ['N', 2, 2, 2],
    nodes: [normalization, node('Flatten', ['n'], 'f'), end.node],
    tensors: [...channels, ...end.tensors],
  });

  test('in training mode is served by the running statistics, and trains by the batch', async () => {
    const model = await expectSame(file(normal(['n']), 15), [2, 2, 2]);
    const { model: trained } = importAs(fileOf(file(normal(['n', 'm2', 'v2'], { training_mode: int(1) }), 15)), {
      inputShape: [2, 2, 2],
    });
    expect(trained.graph).toEqual(model.graph);
    const step = buildTrainStep(trained, {
      batch: 4,
      loss: 'cross_entropy',
      optimizer: { type: 'sgd', momentum: 0, weightDecay: 0 },
    });
    expect(step.state.filter(({ role }) => role === 'statistic').map(({ input }) => input)).toEqual(['mean', 'var']);
  });

  test('of the old form with five outputs is read too', () =>
    expectSame(file(normal(['n']), 9), [2, 2, 2]).then(() => undefined));

  test('finds its statistics behind operators that do nothing', () => {
    const { model } = importAs(
      fileOf({
        ...file(normal(['n']), 17),
        nodes: [
          node('Expand', ['mean', 'two'], 'mean2'),
          node('CastLike', ['mean2', 'x'], 'mean3'),
          { ...normal(['n']), inputs: ['x', 'scale', 'bias', 'mean3', 'var'] },
          node('Flatten', ['n'], 'f'),
          end.node,
        ],
        tensors: [...channels, whole('two', [2]), ...end.tensors],
      }),
      { inputShape: [2, 2, 2] },
    );
    expect([...runningStatistics(model.graph)]).toEqual(['mean', 'var']);
    expect(opsOf(model.graph)).not.toContain('CastLike');
  });
});

describe('rows', () => {
  const flat = (rows: number | string): File => ({
    input: [rows, 1, 2, 2],
    nodes: [node('Reshape', ['x', 'shape'], 'f'), dense('f', 4).node],
    tensors: [whole('shape', [1, 4]), ...dense('f', 4).tensors],
  });

  test('of a file for one row may be any number', async () => {
    const { model } = importAs(fileOf(flat(1)), { inputShape: [1, 2, 2] });
    const results = await runModel(model, { input: draw(20) }, 5);
    expect(results['probabilities']).toHaveLength(15);
  });

  test('of a file whose number is worked into it are refused with the exporter’s option', () => {
    const { message, hint } = refusalOf(() => importAs(fileOf(flat('N')), { inputShape: [1, 2, 2] }));
    expect(message).toBe('The file works for one fixed number of rows at once only.');
    expect(hint).toContain('dynamic_axes');
  });

  test('with the channels last are turned, which is said', async () => {
    const file = fileOf({
      input: ['N', 2, 2, 3],
      nodes: [node('Flatten', ['x'], 'f'), dense('f', 12).node],
      tensors: dense('f', 12).tensors,
    });
    const { model, notes } = importAs(file, { inputShape: [3, 2, 2] });
    const last = draw(12);
    const first = Float32Array.from({ length: 12 }, (_, at) => last[(at % 4) * 3 + Math.floor(at / 4)]!);
    const [theirs, ours] = [await runModel(file, { x: last }, 1), await runModel(model, { input: first }, 1)];
    expect(relativeError(ours['logits']!, theirs['y']!)).toBeLessThan(1e-6);
    expect(notes.join()).toContain('channels last');
  });

  test('of one channel may be flat, of several not', async () => {
    const model = await expectSame({ nodes: [dense('x', 4).node], tensors: dense('x', 4).tensors }, [1, 2, 2]);
    expect(model.graph.inputs[0]!.shape).toEqual(['N', 1, 2, 2]);
    const wide = fileOf({ input: ['N', 12], nodes: [dense('x', 12).node], tensors: dense('x', 12).tensors });
    expect(refusalOf(() => importAs(wide, { inputShape: [3, 2, 2] })).message).toContain('takes rows of 12');
  });

  test.each([
    [[3, 224, 224], [3, 32, 32], 'Set data.image_size: 224.'],
    [[224, 224, 3], [1, 28, 28], 'Set data.image_size: 224 and data.channels: 3.'],
    [[3, 100, 200], [3, 32, 32], 'Use a file that takes square images.'],
    [[12], [9], 'Use a file that was made for such rows.'],
  ])('of %j do not take rows of %j', (wanted, given, way) => {
    const end = dense('f', sizeOf(wanted));
    const file = fileOf({
      input: ['N', ...wanted],
      nodes: [node('Flatten', ['x'], 'f'), end.node],
      tensors: end.tensors,
    });
    const { message, hint } = refusalOf(() => importAs(file, { inputShape: given }));
    expect(message).toBe(`The file takes rows of ${wanted.join(' × ')}, and the data has ${given.join(' × ')}.`);
    expect(hint).toBe(way);
  });

  test('of whole numbers are cast, as an embedding wants them', async () => {
    const file = fileOf({
      inputType: 'int64',
      nodes: [node('Gather', ['table', 'x'], 'g', { axis: int(0) }), node('Flatten', ['g'], 'f'), dense('f', 8).node],
      tensors: [weight('table', [5, 2], 4), ...dense('f', 8).tensors],
    });
    const { model } = importAs(file);
    expect(names(model)).toEqual(['table', 'w', 'b']);
    const rows = Float32Array.of(0, 1, 2, 3);
    const theirs = await runModel(file, { x: BigInt64Array.of(0n, 1n, 2n, 3n) }, 1);
    expect(relativeError((await runModel(model, { input: rows }, 1))['logits']!, theirs['y']!)).toBeLessThan(1e-6);
  });
});

describe('normalization', () => {
  const plain = fileOf({ nodes: [dense('x', 4).node], tensors: dense('x', 4).tensors });
  const rescaling = fileOf({
    nodes: [node('Mul', ['x', 'small'], 's'), dense('s', 4).node],
    tensors: [{ ...weight('small', [1]), data: Float32Array.of(1 / 255) }, ...dense('s', 4).tensors],
  });
  const normalization = { mean: [100], std: [50] };

  test('is put in front of the file’s layers, as nothing that is trained', async () => {
    const { model, notes } = importAs(plain, { normalization });
    const x = draw(4);
    const theirs = await runModel(plain, { x }, 1);
    const ours = await runModel(model, { input: x.map((value) => value * 50 + 100) }, 1);
    expect(relativeError(ours['logits']!, theirs['y']!)).toBeLessThan(1e-4);
    expect(names(model)).toEqual(['w', 'b']);
    expect(notes.join()).toContain('Rows are normalized in front');
  });

  test('is left to a file that does it by itself, unless the configuration says otherwise', () => {
    const auto = importAs(rescaling, { normalization });
    expect(opsOf(auto.model.graph)).not.toContain('Sub');
    expect(auto.notes.join()).toContain('normalizes its input by itself');
    expect(opsOf(importAs(rescaling, { normalization, normalize: 'always' }).model.graph)).toContain('Sub');
    expect(names(auto.model)).toEqual(['w', 'b']);
  });

  test('of a model that was built here stays as it was recorded', async () => {
    const before = build({ normalization });
    const { model } = importAs(before, { normalization: { mean: [1], std: [2] } });
    const x = draw(4);
    const [theirs, ours] = [await runModel(before, { input: x }, 1), await runModel(model, { input: x }, 1)];
    expect([...ours['probabilities']!]).toEqual([...theirs['probabilities']!]);
    expect(names(model)).toEqual(names(before));
  });
});

describe('the answer', () => {
  const { tensors } = dense('x', 4);
  const layer = (output: string) => ({ ...dense('x', 4).node, outputs: [output] });

  test.each(['Softmax', 'LogSoftmax'])(
    'behind a %s is trained on what comes before, and served as shares',
    async (op) => {
      const file = fileOf({
        nodes: [layer('Identity:0'), node(op, ['Identity:0'], 'output:0', { axis: int(1) })],
        tensors,
      });
      const { model } = importAs(file);
      const x = draw(8);
      const theirs = (await runModel(file, { x }, 2))['output:0']!;
      const ours = (await runModel(model, { input: x }, 2))['probabilities']!;
      expect(relativeError(ours, op === 'Softmax' ? theirs : theirs.map(Math.exp))).toBeLessThan(1e-6);
      expect(opsOf(model.graph).filter((each) => each === op)).toHaveLength(op === 'Softmax' ? 1 : 0);
    },
  );

  test('behind a Softmax and a Flatten is found', () => {
    const file = fileOf({
      nodes: [layer('a'), node('Softmax', ['a'], 's'), node('Flatten', ['s'], 'y')],
      tensors,
    });
    expect(opsOf(importAs(file).model.graph).filter((op) => op === 'Softmax')).toHaveLength(1);
  });

  test('of one sigmoid tells two classes apart by two probabilities', async () => {
    const file = fileOf({
      nodes: [node('MatMul', ['x', 'w'], 'a'), node('Sigmoid', ['a'], 's')],
      tensors: [weight('w', [4, 1])],
      outputs: [{ name: 's', type: 'float32', shape: ['N', 1] }],
    });
    const { model, notes } = importAs(file, { outputs: 2 });
    const x = draw(12);
    const theirs = (await runModel(file, { x }, 3))['s']!;
    const ours = (await runModel(model, { input: x }, 3))['probabilities']!;
    expect(
      relativeError(
        ours.filter((_, at) => at % 2 === 1),
        theirs,
      ),
    ).toBeLessThan(1e-6);
    expect(notes.join()).toContain('served as two probabilities');
  });

  test.each([
    ['Gemm', { transB: int(1) }, [7, 4]],
    ['Gemm', {}, [4, 7]],
    ['MatMul', {}, [4, 7]],
  ] as const)('of another number of classes gets a new %s %j', async (op, attributes, dims) => {
    const bias = weight('b', [7]);
    const nodes =
      op === 'Gemm'
        ? [node('Gemm', ['x', 'w', 'b'], 'y', attributes)]
        : [node('MatMul', ['x', 'w'], 'a'), node('Add', ['b', 'a'], 'y')];
    const file = fileOf({ nodes, tensors: [weight('w', dims), bias] });
    const { model, notes } = importAs(file);
    expect(notes).toContain('The file answers with 7 numbers and the data needs 3; the head begins anew.');
    const fresh = Object.fromEntries(trainableParameters(model.graph).map(({ name, dims: shape }) => [name, shape]));
    expect(fresh).toEqual({ w: dims.map((dim) => (dim === 7 ? 3 : dim)), b: [3] });
    expect((await runModel(model, { input: draw(8) }, 2))['probabilities']).toHaveLength(6);
    expect(importAs(file).model).toEqual(model);
  });

  test('of a convolution as the last layer gets a new one, and the Reshape behind it follows', async () => {
    const file = fileOf({
      input: ['N', 2, 3, 3],
      nodes: [
        node('Conv', ['x', 'w', 'b'], 'c'),
        node('GlobalAveragePool', ['c'], 'g'),
        node('Reshape', ['g', 'rows'], 'y'),
      ],
      tensors: [weight('w', [7, 2, 1, 1]), weight('b', [7]), whole('rows', [-1, 7])],
    });
    const { model } = importAs(file, { inputShape: [2, 3, 3] });
    expect((await runModel(model, { input: draw(36) }, 2))['probabilities']).toHaveLength(6);
  });

  test('that no plain layer gives cannot have another number of classes', () => {
    const file = fileOf({ nodes: [node('Concat', ['x', 'x'], 'y', { axis: int(1) })] });
    expect(refusalOf(() => importAs(file)).message).toContain('its last layer is not one that can be replaced');
  });

  test('that is a number becomes a prediction', async () => {
    const file = fileOf({
      nodes: [node('MatMul', ['x', 'w'], 'a'), node('Squeeze', ['a', 'one'], 'y')],
      tensors: [weight('w', [4, 1]), whole('one', [1])],
      outputs: [{ name: 'y', type: 'float32', shape: ['N'] }],
    });
    const { model } = importAs(file, { task: 'regression', outputs: 1 });
    expect(model.graph.outputs).toEqual([{ name: 'prediction', type: 'float32', shape: ['N', 1] }]);
    expect((await runModel(model, { input: draw(8) }, 2))['prediction']).toHaveLength(2);
  });

  test('is the float32 output of several', () => {
    const file = fileOf({
      nodes: [layer('y'), node('ArgMax', ['y'], 'label', { axis: int(1) })],
      tensors,
      outputs: [
        { name: 'label', type: 'int64', shape: ['N'] },
        { name: 'y', type: 'float32', shape: ['N', 3] },
      ],
    });
    expect(opsOf(importAs(file).model.graph)).not.toContain('ArgMax');
  });
});

describe('what is trained', () => {
  test('is what stands where layers have weights, whatever holds it', () => {
    const { model } = importAs(
      fileOf({
        nodes: [
          node('Constant', [], 'w', { value: { kind: 'tensor', value: weight('', [4, 4]) } }),
          node('Constant', [], 'half', { value_float: float(0.5) }),
          node('Constant', [], 'pair', { value_floats: floats([0.5, 2, 1, 1]) }),
          node('Sub', ['x', 'pair'], 'before'),
          node('MatMul', ['before', 'w'], 'a'),
          node('Mul', ['a', 'half'], 'h'),
          node('Add', ['h', 'shift'], 's'),
          node('Add', ['s', 'mask'], 'm'),
          node('Transpose', ['turned'], 't', { perm: ints([1, 0]) }),
          node('MatMul', ['m', 't'], 'y'),
        ],
        tensors: [
          weight('shift', [4]),
          weight('turned', [3, 4]),
          { ...weight('mask', [4]), data: Float32Array.of(0, -Infinity, 0, 0) },
        ],
      }),
    );
    expect(names(model).toSorted()).toEqual(['shift', 'turned', 'w']);
  });

  test('are tensors of their own where the file shares equal ones', () => {
    const { model, notes } = importAs(
      fileOf({
        nodes: [
          node('Identity', ['w1'], 'w2'),
          node('MatMul', ['x', 'w1'], 'a'),
          node('MatMul', ['a', 'w2'], 'b'),
          node('MatMul', ['b', 'w'], 'y'),
        ],
        tensors: [weight('w1', [4, 4]), weight('w', [4, 3])],
      }),
    );
    expect(names(model)).toEqual(['w1', 'w', 'w2']);
    expect(notes.join()).toContain('1 tensors that were equal');
  });

  test('may be a token that is repeated for every row', async () => {
    const model = await expectSame(
      {
        nodes: [
          node('MatMul', ['x', 'w'], 'a'),
          node('Shape', ['x'], 'shape'),
          node('Gather', ['shape', 'zero'], 'rows'),
          { ...node('Concat', ['rows', 'two'], 'target', { axis: int(0) }), name: 'target' },
          node('Expand', ['token', 'target'], 'tokens'),
          node('Concat', ['tokens', 'a'], 'both', { axis: int(1) }),
          { ...node('MatMul', ['both', 'end'], 'y'), name: 'end' },
        ],
        tensors: [
          weight('w', [4, 4]),
          whole('zero', [0]),
          whole('two', [2]),
          weight('token', [1, 2]),
          weight('end', [6, 3]),
        ],
      },
      [4],
    );
    expect(names(model)).toEqual(['w', 'token', 'end']);
  });

  test('are biases and scales of their own where fresh layers were stored with one', () => {
    const zeros = { ...weight('zero', [4]), data: new Float32Array(4) };
    const file = (bias: ReturnType<typeof weight>) =>
      fileOf({
        nodes: [
          node('Gemm', ['x', 'w1', 'zero'], 'a'),
          node('Gemm', ['a', 'w2', 'zero'], 'b'),
          node('MatMul', ['b', 'w'], 'y'),
        ],
        tensors: [weight('w1', [4, 4]), weight('w2', [4, 4]), bias, weight('w', [4, 3])],
      });
    expect(names(importAs(file(zeros)).model)).toEqual(['w1', 'w2', 'zero', 'w', 'zero.of.2']);
    expect(names(importAs(file(weight('zero', [4]))).model)).toEqual(['w1', 'w2', 'zero', 'w']);
  });

  test('is told to be without batch normalization where a file with convolutions has none', () => {
    const file = fileOf({
      input: ['N', 1, 2, 2],
      nodes: [node('Conv', ['x', 'k', 'c'], 'f0'), node('Flatten', ['f0'], 'f'), dense('f', 4).node],
      tensors: [weight('k', [1, 1, 1, 1]), weight('c', [1]), ...dense('f', 4).tensors],
    });
    expect(importAs(file, { inputShape: [1, 2, 2] }).notes.join()).toContain('holds no batch normalization');
  });

  test('keeps apart from names that training uses itself', async () => {
    const file = fileOf({
      nodes: [
        node('MatMul', ['x', 'input'], 'loss'),
        node('Gemm', ['loss', 'mask0'], 'logits'),
        node('Add', ['logits', 'step.target'], 'probabilities'),
      ],
      tensors: [weight('input', [4, 4]), weight('mask0', [4, 3]), weight('step.target', [3])],
    });
    const { model } = importAs(file);
    const x = draw(8);
    const [theirs, ours] = [await runModel(file, { x }, 2), await runModel(model, { input: x }, 2)];
    expect(relativeError(ours['logits']!, theirs['probabilities']!)).toBeLessThan(1e-6);
    buildTrainStep(model, {
      batch: 2,
      loss: 'cross_entropy',
      optimizer: { type: 'sgd', momentum: 0.9, weightDecay: 0 },
    });
  });
});

describe('a file that cannot be fine-tuned names the operator and the way out', () => {
  const end = dense('z', 4);
  const through = (op: string, domain = '', more: Partial<File> = {}) =>
    fileOf({
      nodes: [{ ...node(op, ['x'], 'z'), domain }, end.node],
      tensors: end.tensors,
      ...more,
    });

  test.each([
    ['Erfc', '', 'keras.activations.gelu(x, approximate=True)'],
    ['LSTM', '', 'Recurrent layers are not trained here'],
    ['RandomUniformLike', '', 'exported in training mode'],
    ['QuantizeLinear', '', 'Fine-tune the float32 model'],
    ['Loop', '', 'without control flow'],
    ['TreeEnsembleClassifier', 'ai.onnx.ml', 'cannot be fine-tuned by gradients'],
    ['NonMaxSuppression', '', 'Export the model without it'],
  ])('%s %s', (op, domain, way) => {
    const { message, node: at, hint } = refusalOf(() => importAs(through(op, domain)));
    expect(message).toContain(op);
    expect(at).toBe(`the ${op}`);
    expect(hint).toContain(way);
  });

  test('a map or a sequence', () => {
    const outputs = [{ name: 'map', type: 'other', shape: [], unranked: true }] as const;
    expect(refusalOf(() => importAs(through('Relu', '', { outputs }))).hint).toContain('options={"zipmap": False}');
  });

  test('weights of another width', () => {
    const half = { name: 'w', type: 'float16', dims: [4, 3], data: new Uint16Array(12) } as const;
    expect(refusalOf(() => importAs(through('Relu', '', { tensors: [half, weight('b', [3])] }))).hint).toBe(
      'Export the model in float32.',
    );
  });

  test('several inputs, and one answer a position', () => {
    const two = through('Relu');
    const more: Model = {
      ...two,
      graph: {
        ...two.graph,
        inputs: [...two.graph.inputs, { name: 'second', type: 'float32', shape: ['N', 3] }],
        nodes: [...two.graph.nodes, node('Add', ['y', 'second'], 'sum')],
        outputs: [{ name: 'sum', type: 'float32', shape: ['N', 3] }],
      },
    };
    expect(refusalOf(() => importAs(more)).message).toContain('takes 2 inputs (“x”, “second”)');
    const table = fileOf({
      input: ['N', 2, 4],
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      tensors: [weight('w', [4, 3])],
    });
    expect(refusalOf(() => importAs(table, { inputShape: [2, 4] })).message).toContain('a table of 2 × 3 numbers');
  });
});

test('a model that was built here is itself again after any import', async () => {
  const architectures = fc.constantFrom(
    ['mlp', [5], {}] as const,
    ['linear', [5], {}] as const,
    ['cnn', [3, 8, 8], { channels: [4, 4] }] as const,
    ['mobilenetv2', [3, 8, 8], { width: 0.1 }] as const,
  );
  await fc.assert(
    fc.asyncProperty(
      architectures,
      fc.integer({ min: 2, max: 5 }),
      async ([architecture, inputShape, params], outputs) => {
        const before = build({ architecture, inputShape, params, outputs });
        const request = { inputShape, outputs, task: 'classification', seed: 1, normalize: 'auto' } as const;
        const { model } = importModel(before, { ...request, normalization: { mean: [5], std: [3] } });
        const input = draw(2 * sizeOf(inputShape));
        const [theirs, ours] = [await runModel(before, { input }, 2), await runModel(model, { input }, 2)];
        expect([...ours['probabilities']!]).toEqual([...theirs['probabilities']!]);
        expect(names(model)).toEqual(names(before));
        expect([...runningStatistics(model.graph)]).toEqual([...runningStatistics(before.graph)]);
      },
    ),
    { numRuns: 12 },
  );
});
