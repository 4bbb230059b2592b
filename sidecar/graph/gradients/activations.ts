import type { Assembly } from '../assembly.ts';
import { intAttribute, numberOf, textOf } from '../attributes.ts';
import { axisOf } from '../shapes/rule.ts';
import type { BackwardSite, GradientRule, GradientRules } from './rule.ts';
import { has, inputName, inputShape, outputName, outputShape, unbroadcast } from './rule.ts';

const x = (site: BackwardSite) => inputName(site, 0);
const y = (site: BackwardSite) => outputName(site);

const times = ({ assembly }: BackwardSite, left: string, right: string) => assembly.add('Mul', [left, right]);

/** dX = dY · slope. */
const sloped = (slope: (site: BackwardSite) => string): GradientRule => ({
  backward: (site) => [times(site, site.dy, slope(site))],
});

/** dX = dY where the condition holds, otherwise 0. As a product, since the runtime's Where uses one thread only. */
const gated = (condition: (site: BackwardSite) => string): GradientRule => ({
  backward: (site) => [times(site, site.dy, site.assembly.add('Cast', [condition(site)], { to: intAttribute(1) }))],
});

const above = (assembly: Assembly, value: string, bound: number) =>
  assembly.add('Greater', [value, assembly.floats([bound])]);
const below = (assembly: Assembly, value: string, bound: number) =>
  assembly.add('Less', [value, assembly.floats([bound])]);
const between = (assembly: Assembly, value: string, low: number, high: number) =>
  assembly.add('And', [above(assembly, value, low), below(assembly, value, high)]);

/** 1 − t², from t = tanh. */
const tanhSlope = (assembly: Assembly, tanh: string) =>
  assembly.add('Sub', [assembly.floats([1]), assembly.add('Mul', [tanh, tanh])]);

const clip: GradientRule = gated((site) => {
  const { assembly } = site;
  // Compared with the result, so that the value before it need not be kept; a bound may be an input.
  const bounds: string[] = [];
  if (has(site, 1)) bounds.push(assembly.add('Greater', [y(site), inputName(site, 1)]));
  if (has(site, 2)) bounds.push(assembly.add('Less', [y(site), inputName(site, 2)]));
  const [first, second] = bounds;
  if (first === undefined) return assembly.add('Equal', [x(site), x(site)]);
  return second === undefined ? first : assembly.add('And', [first, second]);
});

/** Φ(x) + x·φ(x), with the normal distribution and density; Hendrycks and Gimpel, "GELUs", 2016. */
const geluExact = (site: BackwardSite): string => {
  const { assembly } = site;
  const scaled = assembly.add('Mul', [x(site), assembly.floats([Math.SQRT1_2])]);
  const sum = assembly.add('Add', [assembly.add('Erf', [scaled]), assembly.floats([1])]);
  const distribution = assembly.add('Mul', [sum, assembly.floats([0.5])]);
  const bell = assembly.add('Exp', [assembly.add('Neg', [assembly.add('Mul', [scaled, scaled])])]);
  const density = assembly.add('Mul', [bell, assembly.floats([1 / Math.sqrt(2 * Math.PI)])]);
  return assembly.add('Add', [distribution, assembly.add('Mul', [x(site), density])]);
};

/** Derivative of 0.5·x·(1 + tanh(u)) with u = √(2/π)·(x + 0.044715·x³). */
const geluTanh = (site: BackwardSite): string => {
  const { assembly } = site;
  const [cubic, scale] = [0.044715, Math.sqrt(2 / Math.PI)];
  const square = assembly.add('Mul', [x(site), x(site)]);
  const factor = (weight: number) =>
    assembly.add('Mul', [
      assembly.add('Add', [assembly.add('Mul', [square, assembly.floats([weight])]), assembly.floats([1])]),
      assembly.floats([scale]),
    ]);
  const tanh = assembly.add('Tanh', [assembly.add('Mul', [x(site), factor(cubic)])]);
  const inner = assembly.add('Mul', [tanhSlope(assembly, tanh), factor(3 * cubic)]);
  const sum = assembly.add('Add', [assembly.add('Add', [tanh, assembly.floats([1])]), times(site, x(site), inner)]);
  return assembly.add('Mul', [sum, assembly.floats([0.5])]);
};

/** x·clip(x/6 + 1/2, 0, 1): 0 below −3, 1 above 3, (2x + 3)/6 between. */
const hardSwish = (site: BackwardSite): string => {
  const { assembly } = site;
  const ramp = assembly.add('Add', [assembly.add('Mul', [x(site), assembly.floats([1 / 3])]), assembly.floats([0.5])]);
  const upper = assembly.add('Where', [below(assembly, x(site), 3), ramp, assembly.floats([1])]);
  return assembly.add('Where', [above(assembly, x(site), -3), upper, assembly.floats([0])]);
};

const softmax: GradientRule = {
  backward: (site) => {
    const { assembly, dy, node } = site;
    const axis = axisOf(numberOf(node, 'axis', -1), outputShape(site).length);
    const total = assembly.reduce('ReduceSum', times(site, dy, y(site)), [axis], 'keep');
    return [times(site, y(site), assembly.add('Sub', [dy, total]))];
  },
};

const logSoftmax: GradientRule = {
  backward: (site) => {
    const { assembly, dy, node } = site;
    const axis = axisOf(numberOf(node, 'axis', -1), outputShape(site).length);
    const total = assembly.reduce('ReduceSum', dy, [axis], 'keep');
    return [assembly.add('Sub', [dy, times(site, assembly.add('Exp', [y(site)]), total)])];
  },
};

const prelu: GradientRule = {
  backward: (site) => {
    const { assembly, dy, wants } = site;
    const positive = above(assembly, x(site), 0);
    const slope = inputName(site, 1);
    const negative = assembly.add('Where', [positive, assembly.floats([0]), times(site, dy, x(site))]);
    return [
      wants(0) ? assembly.add('Where', [positive, dy, times(site, dy, slope)]) : undefined,
      wants(1) ? unbroadcast(assembly, negative, outputShape(site), inputShape(site, 1)) : undefined,
    ];
  },
};

/** Where x is positive the slope is `right`, elsewhere what `left` says. */
const bent = (right: number, left: (site: BackwardSite) => string): GradientRule =>
  sloped((site) =>
    site.assembly.add('Where', [above(site.assembly, x(site), 0), site.assembly.floats([right]), left(site)]),
  );

export const activations: GradientRules = {
  Relu: gated((site) => above(site.assembly, y(site), 0)),
  LeakyRelu: bent(1, ({ assembly, node }) => assembly.floats([numberOf(node, 'alpha', 0.01)])),
  // alpha·(exp(x) − 1) has the slope y + alpha.
  Elu: bent(1, (site) => site.assembly.add('Add', [y(site), site.assembly.floats([numberOf(site.node, 'alpha', 1)])])),
  // gamma·alpha·(exp(x) − 1) has the slope y + gamma·alpha; the defaults are those of Klambauer and others, 2017.
  Selu: sloped((site) => {
    const { assembly, node } = site;
    const gamma = numberOf(node, 'gamma', 1.0507009873554805);
    const left = assembly.add('Add', [y(site), assembly.floats([gamma * numberOf(node, 'alpha', 1.6732632423543772)])]);
    return assembly.add('Where', [above(assembly, x(site), 0), assembly.floats([gamma]), left]);
  }),
  // alpha·(exp(x/alpha) − 1) has the slope y/alpha + 1.
  Celu: bent(1, (site) => {
    const { assembly, node } = site;
    const scaled = assembly.add('Mul', [y(site), assembly.floats([1 / numberOf(node, 'alpha', 1)])]);
    return assembly.add('Add', [scaled, assembly.floats([1])]);
  }),
  ThresholdedRelu: gated((site) => above(site.assembly, x(site), numberOf(site.node, 'alpha', 1))),
  Softsign: sloped((site) => {
    // x/(1 + |x|) has the slope 1/(1 + |x|)².
    const { assembly } = site;
    const below = assembly.add('Add', [assembly.add('Abs', [x(site)]), assembly.floats([1])]);
    return assembly.add('Reciprocal', [assembly.add('Mul', [below, below])]);
  }),
  Mish: sloped((site) => {
    // x·tanh(softplus(x)); the slope of softplus is the sigmoid.
    const { assembly } = site;
    const tanh = assembly.add('Tanh', [assembly.add('Softplus', [x(site)])]);
    const inner = times(site, tanhSlope(assembly, tanh), assembly.add('Sigmoid', [x(site)]));
    return assembly.add('Add', [tanh, times(site, x(site), inner)]);
  }),
  PRelu: prelu,
  Clip: clip,
  Sigmoid: sloped((site) => times(site, y(site), site.assembly.add('Sub', [site.assembly.floats([1]), y(site)]))),
  Tanh: sloped((site) => tanhSlope(site.assembly, y(site))),
  Softplus: sloped((site) => site.assembly.add('Sigmoid', [x(site)])),
  Gelu: sloped((site) => (textOf(site.node, 'approximate', 'none') === 'tanh' ? geluTanh(site) : geluExact(site))),
  HardSwish: sloped(hardSwish),
  HardSigmoid: {
    backward: ({ assembly, dy, node }) => {
      const inside = between(assembly, node.outputs[0] ?? '', 0, 1);
      const slope = assembly.floats([numberOf(node, 'alpha', 0.2)]);
      return [assembly.add('Where', [inside, assembly.add('Mul', [dy, slope]), assembly.floats([0])])];
    },
  },
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Dropout: {
    training: (site) => {
      const { assembly, node } = site;
      const share = site.inputs[1]?.elements?.[0] ?? numberOf(node, 'ratio', 0.5);
      const mask = site.mask(inputShape(site, 0), share);
      assembly.add('Mul', [inputName(site, 0), mask], {}, outputName(site));
      return { mask };
    },
    backward: (site) => [site.saved['mask'] === undefined ? site.dy : times(site, site.dy, site.saved['mask'])],
  },
};
