import { numberOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import { sizeOf } from '../model.ts';
import { axisOf } from '../shapes/rule.ts';
import { batchNormalization, epsilonOf, inverseDeviation } from './batch-normalization.ts';
import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { has, inputName, inputShape, reshape, unbroadcast } from './rule.ts';

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
  BatchNormalization: batchNormalization,
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
