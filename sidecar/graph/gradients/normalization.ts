import type { Assembly } from '../assembly.ts';
import { epsilonAttribute } from '../assembly.ts';
import { numberOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import { channelOperators } from '../blocked/channels.ts';
import type { BlockedValues } from '../blocked/values.ts';
import { dimAt, sizeOf } from '../model.ts';
import { axisOf } from '../shapes/rule.ts';
import type { BackwardSite, ForwardSite, GradientRule, GradientRules, Site } from './rule.ts';
import { has, inputName, inputShape, outputName, reshape, unbroadcast } from './rule.ts';

const epsilonOf = ({ node }: Site): number => numberOf(node, 'epsilon', 1e-5);

/** All axes but that of the channels. */
const pixelAxes = (shape: readonly number[]): readonly number[] =>
  shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));

/** A `[C]` value in the shape that broadcasts over `[N, C, …]`. */
const overPixels = (assembly: Assembly, value: string, shape: readonly number[]): string =>
  reshape(
    assembly,
    value,
    shape.map((dim, axis) => (axis === 1 ? dim : 1)),
  );

/** 1/√(variance + ε). */
const inverseDeviation = (assembly: Assembly, variance: string, epsilon: number): string =>
  assembly.add('Reciprocal', [assembly.add('Sqrt', [assembly.add('Add', [variance, assembly.floats([epsilon])])])]);

/** `scale·x + bias` by channel; the inference operator does it in one pass. */
const affine = (assembly: Assembly, x: string, scale: string, bias: string, channels: number): string => {
  const [zero, one] = [new Array<number>(channels).fill(0), new Array<number>(channels).fill(1)];
  const statistics = [assembly.floats(zero, [channels]), assembly.floats(one, [channels])];
  return assembly.add('BatchNormalization', [x, scale, bias, ...statistics], epsilonAttribute(0));
};

/**
 * Batch normalization over the batch's own statistics (Ioffe and Szegedy, 2015). The running statistics move by
 * 1 − momentum towards the batch's; their variance is the unbiased one, as in PyTorch.
 */
const batchForward = (site: ForwardSite): Readonly<Record<string, string>> => {
  const { assembly, node, update } = site;
  const shape = inputShape(site, 0);
  const [x, scale, bias] = [inputName(site, 0), inputName(site, 1), inputName(site, 2)];
  const [runningMean, runningVariance] = [inputName(site, 3), inputName(site, 4)];
  const count = sizeOf(shape) / (shape[1] ?? 1);
  if (count < 2)
    throw new GraphError('Batch normalization needs more than one value a channel; use a larger batch.', node.name);
  const { mean, square } = momentsOf(site, x, count);
  const spread = assembly.add('Sub', [square, assembly.add('Mul', [mean, mean])]);
  // Rounding may leave a tiny negative variance where all values are equal.
  const variance = assembly.add('Max', [spread, assembly.floats([0])]);
  const epsilon = epsilonOf(site);
  const inverse = inverseDeviation(assembly, variance, epsilon);
  if (isBlocked(site)) {
    const factor = assembly.add('Mul', [scale, inverse]);
    const shift = assembly.add('Sub', [bias, assembly.add('Mul', [mean, factor])]);
    const { of, declare } = site.assembly.blocked;
    const made = channelOperators(assembly, site.assembly.blocked, shape).affine(of(x), factor, shift);
    declare(outputName(site), made, dimAt(shape, 1));
  } else {
    const attributes = epsilonAttribute(epsilon);
    assembly.add('BatchNormalization', [x, scale, bias, mean, variance], attributes, outputName(site));
  }
  const share = 1 - numberOf(node, 'momentum', 0.9);
  const moved = (running: string, batch: string, weight: number) =>
    assembly.add('Add', [
      assembly.add('Mul', [running, assembly.floats([1 - share])]),
      assembly.add('Mul', [batch, assembly.floats([weight])]),
    ]);
  update(runningMean, moved(runningMean, mean, share));
  update(runningVariance, moved(runningVariance, variance, (share * count) / (count - 1)));
  return { mean, inverse };
};

/** Mean and mean square of each channel. */
const momentsOf = (site: ForwardSite, x: string, count: number) => {
  const { assembly } = site;
  const shape = inputShape(site, 0);
  const share = assembly.floats([1 / count]);
  if (isBlocked(site)) {
    const { blocked } = site.assembly;
    const { sums, products } = channelOperators(assembly, blocked, shape);
    const value = blocked.of(x);
    return {
      mean: assembly.add('Mul', [sums(value), share]),
      square: assembly.add('Mul', [products(value, value), share]),
    };
  }
  const axes = pixelAxes(shape);
  return {
    mean: assembly.reduce('ReduceMean', x, axes, 'drop'),
    square: assembly.add('Mul', [assembly.reduce('ReduceSumSquare', x, axes, 'drop'), share]),
  };
};

type BlockedSite<S extends Site> = S & { readonly assembly: { readonly blocked: BlockedValues } };

/** Whether the normalized value is a blocked one. */
const isBlocked = <S extends Site>(site: S): site is BlockedSite<S> => {
  const { blocked } = site.assembly;
  return blocked?.has(inputName(site, 0)) === true && inputShape(site, 0).length === 4;
};

const batchBackward = (site: BackwardSite): readonly (string | undefined)[] => {
  const { assembly, dy, saved, wants } = site;
  const { mean, inverse } = saved;
  if (mean === undefined || inverse === undefined) return frozenBackward(site);
  const shape = inputShape(site, 0);
  const channels = shape[1] ?? 1;
  const per = assembly.floats([channels / sizeOf(shape)]);
  const x = inputName(site, 0);
  const axes = pixelAxes(shape);
  const times = (left: string, right: string) => assembly.add('Mul', [left, right]);
  const fast = isBlocked(site) ? channelOperators(assembly, site.assembly.blocked, shape) : undefined;
  const of = (value: string) => assembly.blocked?.of(value) ?? value;
  const sum = fast?.sums(of(dy)) ?? assembly.reduce('ReduceSum', dy, axes, 'drop');
  const product = fast?.products(of(x), of(dy)) ?? assembly.reduce('ReduceSum', times(dy, x), axes, 'drop');
  const dScale = times(inverse, assembly.add('Sub', [product, times(mean, sum)]));
  if (!wants(0)) return [undefined, dScale, sum];
  // dX = A·dY + (B·X + C), each a number a channel.
  const a = times(inputName(site, 1), inverse);
  const b = assembly.add('Neg', [times(times(a, inverse), times(dScale, per))]);
  const c = assembly.add('Neg', [assembly.add('Add', [times(b, mean), times(a, times(sum, per))])]);
  if (fast !== undefined && assembly.blocked !== undefined) {
    const value = assembly.name();
    assembly.blocked.declare(value, fast.affine(of(dy), a, '', fast.affine(of(x), b, c)), channels);
    return [value, dScale, sum];
  }
  const direct = times(overPixels(assembly, a, shape), dy);
  return [assembly.add('Add', [direct, affine(assembly, x, b, c, channels)]), dScale, sum];
};

/** With fixed statistics it is an affine map. */
const frozenBackward = (site: BackwardSite): readonly (string | undefined)[] => {
  const { assembly, dy, wants } = site;
  const shape = inputShape(site, 0);
  const axes = pixelAxes(shape);
  const inverse = inverseDeviation(assembly, inputName(site, 4), epsilonOf(site));
  const factor = assembly.add('Mul', [inputName(site, 1), inverse]);
  const centred = () => assembly.add('Sub', [inputName(site, 0), overPixels(assembly, inputName(site, 3), shape)]);
  const product = () => assembly.reduce('ReduceSum', assembly.add('Mul', [dy, centred()]), axes, 'drop');
  return [
    wants(0) ? assembly.add('Mul', [dy, overPixels(assembly, factor, shape)]) : undefined,
    wants(1) ? assembly.add('Mul', [product(), inverse]) : undefined,
    wants(2) ? assembly.reduce('ReduceSum', dy, axes, 'drop') : undefined,
  ];
};

/** A normalization of each row over some axes of a view of the input, then a scale and a bias. */
interface RowNormalization {
  /** Shape in which the rows are taken. */
  readonly view: readonly number[];
  readonly axes: readonly number[];
  /** Shape in which scale and bias broadcast over the input. */
  readonly affineShape: readonly number[];
}

/**
 * x̂ = (x − mean)/deviation; with g = dY·scale, dX = (g − mean(g) − x̂·mean(g·x̂))/deviation.
 * Source: Ba, Kiros and Hinton, "Layer Normalization", 2016; the same for instances and groups.
 */
const rowBackward = (site: BackwardSite, { view, axes, affineShape }: RowNormalization) => {
  const { assembly, dy, wants } = site;
  const shape = inputShape(site, 0);
  const times = (left: string, right: string) => assembly.add('Mul', [left, right]);
  const meanOf = (value: string) => assembly.reduce('ReduceMean', value, axes, 'keep');
  const x = reshape(assembly, inputName(site, 0), view);
  const centred = assembly.add('Sub', [x, meanOf(x)]);
  const inverse = inverseDeviation(assembly, meanOf(times(centred, centred)), epsilonOf(site));
  const normal = times(centred, inverse);
  const scale = reshape(assembly, inputName(site, 1), affineShape);
  const g = reshape(assembly, times(dy, scale), view);
  const dx = () => {
    const along = times(normal, meanOf(times(g, normal)));
    return times(assembly.add('Sub', [assembly.add('Sub', [g, meanOf(g)]), along]), inverse);
  };
  const toAffine = (value: string, index: number) =>
    reshape(assembly, unbroadcast(assembly, value, shape, affineShape), inputShape(site, index));
  return [
    wants(0) ? reshape(assembly, dx(), shape) : undefined,
    wants(1) ? toAffine(times(dy, reshape(assembly, normal, shape)), 1) : undefined,
    has(site, 2) && wants(2) ? toAffine(dy, 2) : undefined,
  ];
};

const channelsOnly = (shape: readonly number[]): readonly number[] => shape.map((dim, axis) => (axis === 1 ? dim : 1));

const from = (start: number, rank: number): readonly number[] =>
  Array.from({ length: rank - start }, (_, index) => start + index);

export const normalizations: GradientRules = {
  BatchNormalization: { training: batchForward, backward: batchBackward },
  LayerNormalization: {
    backward: (site) => {
      const shape = inputShape(site, 0);
      const axis = axisOf(numberOf(site.node, 'axis', -1), shape.length);
      return rowBackward(site, { view: shape, axes: from(axis, shape.length), affineShape: inputShape(site, 1) });
    },
  },
  InstanceNormalization: {
    backward: (site) => {
      const shape = inputShape(site, 0);
      return rowBackward(site, { view: shape, axes: from(2, shape.length), affineShape: channelsOnly(shape) });
    },
  },
  GroupNormalization: {
    backward: (site) => {
      const shape = inputShape(site, 0);
      const [batch = 1, channels = 1, ...spatial] = shape;
      const groups = numberOf(site.node, 'num_groups', 1);
      if (inputShape(site, 1)[0] !== channels)
        throw new GraphError('A GroupNormalization has a gradient here only with one scale a channel.', site.node.name);
      const view = [batch, groups, (channels / groups) * sizeOf(spatial)];
      return rowBackward(site, { view, axes: [2], affineShape: channelsOnly(shape) });
    },
  },
} satisfies Record<string, GradientRule>;
