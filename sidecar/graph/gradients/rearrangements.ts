import type { Assembly } from '../assembly.ts';
import { intAttribute, intsAttribute, numberOf, stringAttribute, textOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import { sizeOf } from '../model.ts';
import type { Cut } from '../shapes/rearrangements.ts';
import { cutsOf, padsOf, permutationOf } from '../shapes/rearrangements.ts';
import { axisOf } from '../shapes/rule.ts';
import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { inputName, inputShape, outputShape, reshape, unbroadcast, zeros } from './rule.ts';

/** The same elements in another shape. */
const reshaped: GradientRule = {
  backward: (site) => [reshape(site.assembly, site.dy, inputShape(site, 0))],
};

const inverse = (order: readonly number[]): readonly number[] => order.map((_, axis) => order.indexOf(axis));

const permute = (assembly: Assembly, value: string, order: readonly number[]): string =>
  order.every((axis, index) => axis === index)
    ? value
    : assembly.add('Transpose', [value], { perm: intsAttribute(order) });

const transpose: GradientRule = {
  backward: (site) => {
    const order = permutationOf(site.node, inputShape(site, 0).length);
    return [permute(site.assembly, site.dy, inverse(order))];
  },
};

const axisAt = (site: BackwardSite): number => axisOf(numberOf(site.node, 'axis', 0), inputShape(site, 0).length);

const concat: GradientRule = {
  backward: (site) => {
    const { assembly, dy, node, wants } = site;
    const axis = axisAt(site);
    const lengths = node.inputs.map((_, index) => inputShape(site, index)[axis] ?? 0);
    const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));
    return starts.map((start, index) => {
      if (!wants(index)) return undefined;
      const end = start + (lengths[index] ?? 0);
      return assembly.add('Slice', [dy, assembly.ints([start]), assembly.ints([end]), assembly.ints([axis])]);
    });
  },
};

const split: GradientRule = {
  backward: (site) => {
    const { assembly, dys, node } = site;
    const parts = node.outputs.map((_, index) => dys[index] ?? zeros(assembly, outputShape(site, index)));
    return [assembly.add('Concat', parts, { axis: intAttribute(axisAt(site)) })];
  },
};

/** Zeros around a value; negative numbers cut off instead. */
const padded = (assembly: Assembly, value: string, pads: readonly (readonly [number, number])[]): string =>
  pads.every(([before, after]) => before === 0 && after === 0)
    ? value
    : assembly.add('Pad', [
        value,
        assembly.ints([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]),
      ]);

const reversed = (assembly: Assembly, value: string, axis: number): string =>
  assembly.add('Slice', [
    value,
    assembly.ints([-1]),
    assembly.ints([-(2 ** 31)]),
    assembly.ints([axis]),
    assembly.ints([-1]),
  ]);

/** One axis of a Slice undone: turned round, its gaps filled with zeros, then the ends. */
const uncut = (assembly: Assembly, value: string, shape: readonly number[], cut: Cut, size: number): string => {
  const { axis, step, length } = cut;
  const turned = step < 0 && length > 1 ? reversed(assembly, value, axis) : value;
  const first = step < 0 ? cut.start + (length - 1) * step : cut.start;
  const stride = Math.abs(step);
  const gaps = shape.map((): readonly [number, number] => [0, 0]);
  const spread = (): string => {
    const cells = reshape(assembly, turned, [...shape.slice(0, axis), length, 1, ...shape.slice(axis + 1)]);
    const wide = padded(assembly, cells, gaps.toSpliced(axis + 1, 0, [0, stride - 1]));
    return reshape(assembly, wide, shape.with(axis, length * stride));
  };
  const dense = stride === 1 || length < 2 ? turned : spread();
  const covered = stride === 1 || length < 2 ? length : length * stride;
  return padded(assembly, dense, gaps.with(axis, [first, size - first - covered]));
};

const slice: GradientRule = {
  backward: (site) => {
    const shape = inputShape(site, 0);
    let [value, current] = [site.dy, outputShape(site)];
    if (sizeOf(current) === 0) return [zeros(site.assembly, shape)];
    for (const cut of cutsOf(site)) {
      const size = shape[cut.axis] ?? 0;
      value = uncut(site.assembly, value, current, cut, size);
      current = current.with(cut.axis, size);
    }
    return [value];
  },
};

const pad: GradientRule = {
  backward: (site) => {
    if (textOf(site.node, 'mode', 'constant') !== 'constant')
      throw new GraphError('A Pad has a gradient here only when it pads with a constant.', site.node.name);
    return [
      padded(
        site.assembly,
        site.dy,
        padsOf(site).map(([before, after]) => [-before, -after]),
      ),
    ];
  },
};

const expand: GradientRule = {
  backward: (site) => [unbroadcast(site.assembly, site.dy, outputShape(site), inputShape(site, 0))],
};

const tile: GradientRule = {
  backward: (site) => {
    const { assembly, dy } = site;
    const [shape, full] = [inputShape(site, 0), outputShape(site)];
    const split = reshape(
      assembly,
      dy,
      shape.flatMap((dim, axis) => [(full[axis] ?? 0) / dim, dim]),
    );
    return [
      assembly.reduce(
        'ReduceSum',
        split,
        shape.map((_, axis) => 2 * axis),
        'drop',
      ),
    ];
  },
};

/** Adds each row of dY to the row that it was gathered from; rows that were read twice get both. */
const gather: GradientRule = {
  backward: (site) => {
    const { assembly, dy } = site;
    const [shape, indices] = [inputShape(site, 0), inputShape(site, 1)];
    const axis = axisAt(site);
    const rank = outputShape(site).length;
    const at = Array.from({ length: indices.length }, (_, index) => axis + index);
    const others = Array.from({ length: rank }, (_, index) => index).filter((index) => !at.includes(index));
    const front = [axis, ...shape.flatMap((_, index) => (index === axis ? [] : [index]))];
    const target = front.map((index) => shape[index] ?? 1);
    const rows = reshape(assembly, permute(assembly, dy, [...at, ...others]), [sizeOf(indices), ...target.slice(1)]);
    const places = reshape(assembly, inputName(site, 1), [sizeOf(indices), 1]);
    const added = assembly.add('ScatterND', [zeros(assembly, target), places, rows], {
      reduction: stringAttribute('add'),
    });
    return [permute(assembly, added, inverse(front))];
  },
};

const gatherElements: GradientRule = {
  backward: (site) => {
    const { assembly, dy } = site;
    return [
      assembly.add('ScatterElements', [zeros(assembly, inputShape(site, 0)), inputName(site, 1), dy], {
        axis: intAttribute(axisAt(site)),
        reduction: stringAttribute('add'),
      }),
    ];
  },
};

/** Nearest-neighbour enlargement by whole factors: every pixel gets the sum of its copies. */
const resize: GradientRule = {
  backward: (site) => {
    const { assembly, dy, node } = site;
    const [shape, full] = [inputShape(site, 0), outputShape(site)];
    const factors = shape.map((dim, axis) => (full[axis] ?? 0) / dim);
    const plain = textOf(node, 'coordinate_transformation_mode', 'half_pixel') !== 'align_corners';
    if (textOf(node, 'mode', 'nearest') !== 'nearest' || !plain || !factors.every(Number.isInteger))
      throw new GraphError(
        'A Resize has a gradient here only when it repeats pixels a whole number of times.',
        node.name,
      );
    const blocks = reshape(
      assembly,
      dy,
      shape.flatMap((dim, axis) => [dim, factors[axis] ?? 1]),
    );
    return [
      assembly.reduce(
        'ReduceSum',
        blocks,
        shape.map((_, axis) => 2 * axis + 1),
        'drop',
      ),
    ];
  },
};

export const rearrangements: GradientRules = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  Resize: resize,
};
