import type { Assembly } from '../assembly.ts';
import { intAttribute } from '../attributes.ts';
import { sizeOf } from '../model.ts';
import { reducedAxes } from '../shapes/reductions.ts';
import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { inputName, inputShape, outputName, reshape } from './rule.ts';

/** What a reduction's gradient is made of; `dy` and `y` have the reduced axes as 1. */
interface Reduction {
  readonly assembly: Assembly;
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly axes: readonly number[];
  /** How many elements go into one. */
  readonly count: number;
}

/** The gradient that `spread` makes, given to every element that was reduced. */
const reducing = (spread: (reduction: Reduction) => string): GradientRule => ({
  backward: (site: BackwardSite) => {
    const { assembly, dy } = site;
    const shape = inputShape(site, 0);
    const axes = reducedAxes(site);
    const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const gradient = spread({
      assembly,
      x: inputName(site, 0),
      y: reshape(assembly, outputName(site), kept),
      dy: reshape(assembly, dy, kept),
      axes,
      count: sizeOf(axes.map((axis) => shape[axis] ?? 1)),
    });
    return [assembly.add('Expand', [gradient, assembly.ints(shape)])];
  },
});

const times = (assembly: Assembly, left: string, right: string): string => assembly.add('Mul', [left, right]);

/** Equal shares to all elements that are the extreme, as PyTorch's amax and amin do. */
const extreme = ({ assembly, x, y, dy, axes }: Reduction): string => {
  const equal = assembly.add('Cast', [assembly.add('Equal', [x, y])], { to: intAttribute(1) });
  const number = assembly.reduce('ReduceSum', equal, axes, 'keep');
  return times(assembly, equal, assembly.add('Div', [dy, number]));
};

export const reductions: GradientRules = {
  ReduceSum: reducing(({ dy }) => dy),
  ReduceMean: reducing(({ assembly, dy, count }) => times(assembly, dy, assembly.floats([1 / count]))),
  ReduceMax: reducing(extreme),
  ReduceMin: reducing(extreme),
  ReduceSumSquare: reducing(({ assembly, x, dy }) => times(assembly, times(assembly, x, assembly.floats([2])), dy)),
  ReduceL1: reducing(({ assembly, x, dy }) => times(assembly, assembly.add('Sign', [x]), dy)),
  ReduceL2: reducing(({ assembly, x, y, dy }) => times(assembly, x, assembly.add('Div', [dy, y]))),
  ReduceProd: reducing(({ assembly, x, y, dy }) => assembly.add('Div', [times(assembly, dy, y), x])),
  ReduceLogSum: reducing(({ assembly, y, dy }) => assembly.add('Div', [dy, assembly.add('Exp', [y])])),
  ReduceLogSumExp: reducing(({ assembly, x, y, dy }) =>
    times(assembly, dy, assembly.add('Exp', [assembly.add('Sub', [x, y])])),
  ),
};
