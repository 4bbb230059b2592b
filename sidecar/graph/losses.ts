import type { Assembly } from './assembly.ts';
import { intAttribute } from './attributes.ts';
import { GraphError } from './graph-error.ts';

export type Loss = 'cross_entropy' | 'mse' | 'binary_cross_entropy';

/** The predictions `[batch, width]` and the targets `[batch]`: class numbers, or values. Both float32. */
export interface LossSite {
  readonly assembly: Assembly;
  readonly predictions: string;
  readonly target: string;
  readonly batch: number;
  readonly width: number;
  /** Name that the loss gets, a float32 scalar: the mean over the batch. */
  readonly output: string;
}

/** Emits a loss and returns the gradient of the predictions. */
type LossRule = (site: LossSite) => string;

const column = ({ assembly, target, batch }: LossSite): string =>
  assembly.add('Reshape', [target, assembly.ints([batch, 1])]);

const mean = ({ assembly, batch, width, output }: LossSite, terms: string, weight: number, per: 'row' | 'cell') => {
  const total = assembly.reduce('ReduceSum', terms, [0, 1], 'drop');
  const count = per === 'row' ? batch : batch * width;
  assembly.add('Mul', [total, assembly.floats([weight / count])], {}, output);
};

/** L = −Σ T·log softmax(Z) / batch, T one where the column is the class; dZ = (softmax(Z) − T) / batch. */
const crossEntropy: LossRule = (site) => {
  const { assembly, predictions, batch, width } = site;
  const classes = assembly.floats(
    Array.from({ length: width }, (_, index) => index),
    [1, width],
  );
  const truth = assembly.add('Cast', [assembly.add('Equal', [column(site), classes])], { to: intAttribute(1) });
  const logs = assembly.add('LogSoftmax', [predictions], { axis: intAttribute(-1) });
  mean(site, assembly.add('Mul', [logs, truth]), -1, 'row');
  const surprise = assembly.add('Sub', [assembly.add('Exp', [logs]), truth]);
  return assembly.add('Mul', [surprise, assembly.floats([1 / batch])]);
};

/** L = Σ (Z − t)² / cells; dZ = 2·(Z − t) / cells. */
const squaredError: LossRule = (site) => {
  const { assembly, predictions, batch, width } = site;
  const error = assembly.add('Sub', [predictions, column(site)]);
  mean(site, assembly.add('Mul', [error, error]), 1, 'cell');
  return assembly.add('Mul', [error, assembly.floats([2 / (batch * width)])]);
};

/**
 * Of one logit: L = mean(softplus(z) − t·z), dz = (σ(z) − t) / batch. Of two, the softmax's cross-entropy, which is
 * the same loss of the logits' difference.
 */
const binaryCrossEntropy: LossRule = (site) => {
  const { assembly, predictions, batch, width } = site;
  if (width === 2) return crossEntropy(site);
  if (width !== 1)
    throw new GraphError(`binary_cross_entropy tells two classes apart; the model has ${width}. Use cross_entropy.`);
  const truth = column(site);
  // max(z, 0) − t·z + log(1 + exp(−|z|)) does not overflow.
  const tail = assembly.add('Softplus', [assembly.add('Neg', [assembly.add('Abs', [predictions])])]);
  const positive = assembly.add('Relu', [predictions]);
  const linear = assembly.add('Sub', [positive, assembly.add('Mul', [predictions, truth])]);
  mean(site, assembly.add('Add', [linear, tail]), 1, 'row');
  const surprise = assembly.add('Sub', [assembly.add('Sigmoid', [predictions]), truth]);
  return assembly.add('Mul', [surprise, assembly.floats([1 / batch])]);
};

export const losses: Readonly<Record<Loss, LossRule>> = {
  cross_entropy: crossEntropy,
  mse: squaredError,
  binary_cross_entropy: binaryCrossEntropy,
};
