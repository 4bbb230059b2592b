import type { Assembly } from '../assembly.ts';
import { numberOf } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import { sizeOf } from '../model.ts';
import { channelOperators } from './channel-operators.ts';
import type { BackwardSite, ForwardSite, GradientRule, Site } from './rule.ts';
import { inputName, inputShape, outputName } from './rule.ts';

export const epsilonOf = ({ node }: Site): number => numberOf(node, 'epsilon', 1e-5);

/** 1/√(variance + ε). */
export const inverseDeviation = (assembly: Assembly, variance: string, epsilon: number): string =>
  assembly.add('Reciprocal', [assembly.add('Sqrt', [assembly.add('Add', [variance, assembly.floats([epsilon])])])]);

const operatorsAt = (site: Site) => channelOperators(site.assembly, inputName(site, 0), inputShape(site, 0));

/**
 * Batch normalization over the batch's own statistics (Ioffe and Szegedy, 2015). The running statistics move by
 * 1 − momentum towards the batch's; their variance is the unbiased one, as in PyTorch.
 */
const forward = (site: ForwardSite): Readonly<Record<string, string>> => {
  const { assembly, node, update } = site;
  const shape = inputShape(site, 0);
  const [x, scale, bias] = [inputName(site, 0), inputName(site, 1), inputName(site, 2)];
  const [runningMean, runningVariance] = [inputName(site, 3), inputName(site, 4)];
  const count = sizeOf(shape) / (shape[1] ?? 1);
  if (count < 2)
    throw new GraphError('Batch normalization needs more than one value a channel; use a larger batch.', node.name);
  const operators = operatorsAt(site);
  const times = (left: string, right: string) => assembly.add('Mul', [left, right]);
  const share = assembly.floats([1 / count]);
  const mean = times(operators.sums(x), share);
  const spread = assembly.add('Sub', [times(operators.squares(x), share), times(mean, mean)]);
  // Rounding may leave a tiny negative variance where all values are equal.
  const variance = assembly.add('Max', [spread, assembly.floats([0])]);
  const inverse = inverseDeviation(assembly, variance, epsilonOf(site));
  const factor = times(scale, inverse);
  operators.affine(x, factor, assembly.add('Sub', [bias, times(mean, factor)]), outputName(site));
  const kept = numberOf(node, 'momentum', 0.9);
  const moved = (running: string, batch: string, weight: number) =>
    assembly.add('Add', [times(running, assembly.floats([kept])), times(batch, assembly.floats([weight]))]);
  update(runningMean, moved(runningMean, mean, 1 - kept));
  update(runningVariance, moved(runningVariance, variance, ((1 - kept) * count) / (count - 1)));
  return { mean, inverse };
};

const backward = (site: BackwardSite): readonly (string | undefined)[] => {
  const { assembly, dy, saved, wants } = site;
  const { mean, inverse } = saved;
  if (mean === undefined || inverse === undefined) return frozenBackward(site);
  const shape = inputShape(site, 0);
  const share = assembly.floats([(shape[1] ?? 1) / sizeOf(shape)]);
  const x = inputName(site, 0);
  const operators = operatorsAt(site);
  const times = (left: string, right: string) => assembly.add('Mul', [left, right]);
  const sum = operators.sums(dy);
  const dScale = times(inverse, assembly.add('Sub', [operators.products(dy, x), times(mean, sum)]));
  if (!wants(0)) return [undefined, dScale, sum];
  // dX = A·dY + (B·X + C), each a number a channel.
  const a = times(inputName(site, 1), inverse);
  const b = assembly.add('Neg', [times(times(a, inverse), times(dScale, share))]);
  const c = assembly.add('Neg', [assembly.add('Add', [times(b, mean), times(a, times(sum, share))])]);
  return [operators.blend({ scale: a, x: dy }, { scale: b, x, bias: c }), dScale, sum];
};

/** With fixed statistics it is an affine map. */
const frozenBackward = (site: BackwardSite): readonly (string | undefined)[] => {
  const { assembly, dy, wants } = site;
  const operators = operatorsAt(site);
  const times = (left: string, right: string) => assembly.add('Mul', [left, right]);
  const inverse = inverseDeviation(assembly, inputName(site, 4), epsilonOf(site));
  const sum = wants(1) || wants(2) ? operators.sums(dy) : undefined;
  const dScale = (sums: string) =>
    times(inverse, assembly.add('Sub', [operators.products(dy, inputName(site, 0)), times(inputName(site, 3), sums)]));
  return [
    wants(0) ? operators.scaled(dy, times(inputName(site, 1), inverse)) : undefined,
    wants(1) && sum !== undefined ? dScale(sum) : undefined,
    wants(2) ? sum : undefined,
  ];
};

export const batchNormalization: GradientRule = { training: forward, backward };
