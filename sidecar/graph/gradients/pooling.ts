import { intAttribute, intsAttribute, numberOf, stringAttribute } from '../attributes.ts';
import { halveBlocked, halvingGradient } from '../blocked/pooling.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { Window } from '../shapes/windows.ts';
import { windowOf } from '../shapes/windows.ts';
import type { BackwardSite, GradientRule, GradientRules, Site } from './rule.ts';
import { inputName, inputShape, outputName, outputShape, reshape, zeros } from './rule.ts';

const windowAt = (site: Site): Window => windowOf(site.node, inputShape(site, 0).slice(2));

/** No pixel lies in two windows. */
const isDisjoint = ({ kernel, strides, dilations, before }: Window): boolean =>
  kernel.every((size, axis) => strides[axis] === size && dilations[axis] === 1 && before[axis] === 0);

/** Windows of two by two pixels that cover the image: the common case, for which there is a faster way. */
const isHalving = (site: Site): boolean => {
  const window = windowAt(site);
  const sizes = inputShape(site, 0).slice(2);
  return (
    sizes.length === 2 &&
    isDisjoint(window) &&
    window.kernel.every((size, axis) => size === 2 && sizes[axis] === 2 * dimAt(window.output, axis))
  );
};

/**
 * The gradient goes to the first maximum of each window. Where the windows do not overlap, MaxUnpool puts it back;
 * else the gradients add up.
 */
const maxPool: GradientRule = {
  forward: (site) => {
    const { node, assembly } = site;
    if (isHalving(site)) {
      const halving = blockedHalving(site);
      if (halving === undefined) assembly.keep(node);
      else halveBlocked(halving);
      return {};
    }
    const indices = `${outputName(site)}.indices`;
    assembly.keep({ ...node, outputs: [outputName(site), indices] });
    return { indices };
  },
  backward: (site) => {
    const { assembly, dy, saved } = site;
    const shape = inputShape(site, 0);
    const window = windowAt(site);
    const halving = isHalving(site) ? blockedHalving(site) : undefined;
    if (halving !== undefined) return [halvingGradient(halving, dy)];
    const indices = saved['indices'] ?? halvingIndices(site);
    if (shape.length === 4 && isDisjoint(window)) {
      const attributes = { kernel_shape: intsAttribute(window.kernel), strides: intsAttribute(window.strides) };
      return [assembly.add('MaxUnpool', [dy, indices, assembly.ints(shape)], attributes)];
    }
    const flat = (value: string) => reshape(assembly, value, [sizeOf(outputShape(site))]);
    const added = assembly.add('ScatterElements', [zeros(assembly, [sizeOf(shape)]), flat(indices), flat(dy)], {
      axis: intAttribute(0),
      reduction: stringAttribute('add'),
    });
    return [reshape(assembly, added, shape)];
  },
};

/** What pooling on blocked channels needs, where x lies so. */
const blockedHalving = (site: Site) => {
  const { assembly } = site;
  const { blocked } = assembly;
  const [x, y] = [inputName(site, 0), outputName(site)];
  return blocked?.has(x) === true ? { assembly, blocked, x, y, shape: inputShape(site, 0) } : undefined;
};

/**
 * Where in the flat image the first maximum of each two-by-two window lies. The runtime's own indices cost ten times
 * the pooling; comparing the maximum with those of the upper row, the left column and the corner costs a third of it.
 */
const halvingIndices = (site: BackwardSite): string => {
  const { assembly } = site;
  const [batch = 1, channels = 1, rows = 1, columns = 1] = outputShape(site);
  const width = 2 * columns;
  const isMaximum = (height: number, across: number): string => {
    const attributes = { kernel_shape: intsAttribute([height, across]), strides: intsAttribute([2, 2]) };
    return assembly.add('Equal', [assembly.add('MaxPool', [inputName(site, 0)], attributes), outputName(site)]);
  };
  const choose = (condition: string, yes: string, no: string) => assembly.add('Where', [condition, yes, no]);
  const at = (offset: number) => assembly.floats([offset]);
  const upper = choose(isMaximum(1, 1), at(0), at(1));
  const lower = choose(isMaximum(2, 1), at(width), at(width + 1));
  const offset = assembly.add('Cast', [choose(isMaximum(1, 2), upper, lower)], { to: intAttribute(7) });
  const count = batch * channels * rows;
  const starts = Array.from({ length: count }, (_, row) => row * 2 * width);
  const steps = Array.from({ length: columns }, (_, column) => 2 * column);
  // Both are constants, so the runtime adds them once, when it loads the graph.
  const corners = assembly.add('Add', [
    assembly.ints(starts, [batch, channels, rows, 1]),
    assembly.ints(steps, [1, 1, 1, columns]),
  ]);
  return assembly.add('Add', [offset, corners]);
};

/** How many pixels each window covers, padding counted or not; one list an axis. */
const coverage = (site: Site, window: Window): readonly (readonly number[])[] => {
  const padded = numberOf(site.node, 'count_include_pad', 0) === 1;
  return inputShape(site, 0)
    .slice(2)
    .map((size, axis) => {
      const [before = 0, after = 0, stride = 1] = [window.before[axis], window.after[axis], window.strides[axis]];
      const [low, high] = padded ? [0, before + size + after] : [before, before + size];
      const steps = Array.from({ length: window.kernel[axis] ?? 1 }, (_, tap) => tap * (window.dilations[axis] ?? 1));
      return Array.from(
        { length: window.output[axis] ?? 0 },
        (_, at) => steps.filter((step) => at * stride + step >= low && at * stride + step < high).length,
      );
    });
};

/** Each window's gradient in equal shares to its pixels: a depthwise transposed convolution with ones. */
const averagePool: GradientRule = {
  backward: (site) => {
    const { assembly, dy } = site;
    const [, channels = 1, ...sizes] = inputShape(site, 0);
    const window = windowAt(site);
    const shares = coverage(site, window).reduce<readonly number[]>(
      (products, counts) => products.flatMap((product) => counts.map((count) => product * count)),
      [1],
    );
    const inverse = shares.map((count) => 1 / count);
    const shared = assembly.add('Mul', [dy, assembly.floats(inverse, [1, 1, ...window.output])]);
    const ones = assembly.add('Expand', [assembly.floats([1]), assembly.ints([channels, 1, ...window.kernel])]);
    const extra = sizes.map((size, axis) => {
      const span = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
      const reached = ((window.output[axis] ?? 1) - 1) * (window.strides[axis] ?? 1) + span;
      return size + (window.before[axis] ?? 0) + (window.after[axis] ?? 0) - reached;
    });
    // With ceil_mode the last window may reach beyond the padding; what falls there is cut off.
    const after = window.after.map((pad, axis) => pad - Math.min(extra[axis] ?? 0, 0));
    const attributes = {
      strides: intsAttribute(window.strides),
      dilations: intsAttribute(window.dilations),
      pads: intsAttribute([...window.before, ...after]),
      output_padding: intsAttribute(extra.map((cells) => Math.max(cells, 0))),
      group: intAttribute(channels),
    };
    return [assembly.add('ConvTranspose', [shared, ones], attributes)];
  },
};

const globalAveragePool: GradientRule = {
  backward: (site) => {
    const { assembly, dy } = site;
    const shape = inputShape(site, 0);
    const share = assembly.add('Mul', [dy, assembly.floats([1 / sizeOf(shape.slice(2))])]);
    return [assembly.add('Expand', [share, assembly.ints(shape)])];
  },
};

/** Equal shares to all pixels that are the maximum, as the reductions do. */
const globalMaxPool: GradientRule = {
  backward: (site) => [
    sharedAmongEqual(
      site,
      inputShape(site, 0).flatMap((_, axis) => (axis < 2 ? [] : [axis])),
    ),
  ],
};

/** dY to the elements that equal the result, which has kept its axes, divided by their number. */
const sharedAmongEqual = (site: BackwardSite, axes: readonly number[]): string => {
  const { assembly, dy } = site;
  const equal = assembly.add('Cast', [assembly.add('Equal', [inputName(site, 0), outputName(site)])], {
    to: intAttribute(1),
  });
  const number = assembly.reduce('ReduceSum', equal, axes, 'keep');
  return assembly.add('Mul', [equal, assembly.add('Div', [dy, number])]);
};

export const pooling: GradientRules = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
};
