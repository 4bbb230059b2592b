import type { Assembly } from './assembly.ts';
import { intAttribute } from './attributes.ts';
import { GraphError } from './graph-error.ts';

export type Loss = 'cross_entropy' | 'mse' | 'binary_cross_entropy';

/** How classes count in a loss. */
export interface ClassTerms {
  /** Share of each label that is spread evenly over all classes. */
  readonly labelSmoothing?: number;
  /** Weight of each class, in their order. */
  readonly classWeights?: readonly number[];
}

/** The predictions `[batch, width]` and the targets `[batch]`: class numbers, or values. All float32. */
export interface LossSite extends ClassTerms {
  readonly assembly: Assembly;
  readonly predictions: string;
  readonly target: string;
  /** `distribution`: the targets are `[batch, width]`, as blended images have them. */
  readonly targets: 'column' | 'distribution';
  readonly batch: number;
  readonly width: number;
}

/** A loss over a batch as its sum, so that batches can be added up before the mean is taken. */
export interface LossSum {
  /** Float32 scalar. */
  readonly sum: string;
  /** What the mean divides by: a number, or the name of a float32 scalar where the targets decide it. */
  readonly count: number | string;
  /** Gradient of the sum with respect to the predictions, `[batch, width]`. */
  readonly gradient: string;
}

type LossRule = (site: LossSite) => LossSum;

const columnOf = ({ assembly, target, targets, batch, width }: LossSite): string =>
  targets === 'distribution' && width > 1 ? target : assembly.add('Reshape', [target, assembly.ints([batch, 1])]);

const total = ({ assembly }: LossSite, terms: string): string => assembly.reduce('ReduceSum', terms, [0, 1], 'drop');

const scaled = ({ assembly }: LossSite, value: string, factor: number): string =>
  factor === 1 ? value : assembly.add('Mul', [value, assembly.floats([factor])]);

/** T·(1 − ε) + ε/classes. */
const smoothed = (site: LossSite, truth: string, classes: number): string => {
  const { assembly, labelSmoothing = 0 } = site;
  if (labelSmoothing === 0) return truth;
  return assembly.add('Add', [scaled(site, truth, 1 - labelSmoothing), assembly.floats([labelSmoothing / classes])]);
};

/** `[batch, width]`: one where the column is the class, or the distribution as it is. */
const truthOf = (site: LossSite): string => {
  const { assembly, targets, width } = site;
  if (targets === 'distribution') return columnOf(site);
  const classes = assembly.floats(
    Array.from({ length: width }, (_, index) => index),
    [1, width],
  );
  return assembly.add('Cast', [assembly.add('Equal', [columnOf(site), classes])], { to: intAttribute(1) });
};

/**
 * L = −Σ V·log softmax(Z) with V = w·(T·(1 − ε) + ε/classes); dZ = softmax(Z)·Σ V − V, Σ over the row. The mean divides
 * by the weights of the labels, and of distributions by the rows. Source: torch.nn.CrossEntropyLoss.
 */
const crossEntropy: LossRule = (site) => {
  const { assembly, predictions, batch, width, targets, classWeights } = site;
  const truth = truthOf(site);
  const even = smoothed(site, truth, width);
  const logs = assembly.add('LogSoftmax', [predictions], { axis: intAttribute(-1) });
  const chances = assembly.add('Exp', [logs]);
  if (classWeights === undefined) {
    const sum = scaled(site, total(site, assembly.add('Mul', [logs, even])), -1);
    return { sum, count: batch, gradient: assembly.add('Sub', [chances, even]) };
  }
  const weights = assembly.floats(weightsFor(classWeights, width), [1, width]);
  const weighted = assembly.add('Mul', [even, weights]);
  const rowWeights = assembly.reduce('ReduceSum', weighted, [1], 'keep');
  return {
    sum: scaled(site, total(site, assembly.add('Mul', [logs, weighted])), -1),
    count: targets === 'distribution' ? batch : total(site, assembly.add('Mul', [truth, weights])),
    gradient: assembly.add('Sub', [assembly.add('Mul', [chances, rowWeights]), weighted]),
  };
};

const weightsFor = (weights: readonly number[], classes: number): readonly number[] => {
  if (weights.length === classes) return weights;
  throw new GraphError(`There are ${weights.length} class weights for ${classes} classes.`);
};

/** L = Σ (Z − t)² over cells; dZ = 2·(Z − t). */
const squaredError: LossRule = (site) => {
  const { assembly, predictions, batch, width, labelSmoothing = 0, classWeights } = site;
  if (labelSmoothing > 0 || classWeights !== undefined)
    throw new GraphError('Label smoothing and class weights belong to classes; the loss mse has none.');
  const error = assembly.add('Sub', [predictions, columnOf(site)]);
  const sum = total(site, assembly.add('Mul', [error, error]));
  return { sum, count: batch * width, gradient: scaled(site, error, 2) };
};

/**
 * Of one logit: L = Σ w·(softplus(z) − t·z), dz = w·(σ(z) − t). Of two, the softmax's cross-entropy, which is the same
 * loss of the logits' difference.
 */
const binaryCrossEntropy: LossRule = (site) => {
  const { assembly, predictions, batch, width, classWeights } = site;
  if (width === 2) return crossEntropy(site);
  if (width !== 1)
    throw new GraphError(`binary_cross_entropy tells two classes apart; the model has ${width}. Use cross_entropy.`);
  const label = columnOf(site);
  const truth = smoothed(site, label, 2);
  // max(z, 0) − t·z + log(1 + exp(−|z|)) does not overflow.
  const tail = assembly.add('Softplus', [assembly.add('Neg', [assembly.add('Abs', [predictions])])]);
  const positive = assembly.add('Relu', [predictions]);
  const linear = assembly.add('Sub', [positive, assembly.add('Mul', [predictions, truth])]);
  const terms = assembly.add('Add', [linear, tail]);
  const surprise = assembly.add('Sub', [assembly.add('Sigmoid', [predictions]), truth]);
  if (classWeights === undefined) return { sum: total(site, terms), count: batch, gradient: surprise };
  const [without = 1, having = 1] = weightsFor(classWeights, 2);
  const weights = assembly.add('Add', [scaled(site, label, having - without), assembly.floats([without])]);
  return {
    sum: total(site, assembly.add('Mul', [terms, weights])),
    count: total(site, weights),
    gradient: assembly.add('Mul', [surprise, weights]),
  };
};

const rules: Readonly<Record<Loss, LossRule>> = {
  cross_entropy: crossEntropy,
  mse: squaredError,
  binary_cross_entropy: binaryCrossEntropy,
};

/** Emits a loss over a batch, and its gradient, as sums. */
export const emitLoss = (loss: Loss, site: LossSite): LossSum => rules[loss](site);

/** A sum, or the gradient of one, divided by what it is counted in. @param output name of the result */
export const emitMean = (assembly: Assembly, sum: string, { count }: LossSum, output?: string): string =>
  typeof count === 'number'
    ? assembly.add('Mul', [sum, assembly.floats([1 / count])], {}, output)
    : assembly.add('Div', [sum, count], {}, output);
