import { GraphError } from '../graph-error.ts';
import { sizeOf } from '../model.ts';
import type { Architecture, Blueprint } from './blueprint.ts';
import { allowParams, shareParam, sizesParam } from './blueprint.ts';
import { dense, dropout } from './layers.ts';

/** Fully connected layers with ReLU between them. Parameters: hidden (default `[128]`), activation, dropout. */
export const mlp: Architecture = (blueprint) => {
  allowParams(blueprint, 'mlp', ['hidden', 'activation', 'dropout']);
  if ((blueprint.params['activation'] ?? 'relu') !== 'relu')
    throw new GraphError('model.params.activation can only be relu.');
  denseLayers(blueprint, flatten(blueprint), sizeOf(blueprint.inputShape), sizesParam(blueprint, 'hidden', [128]));
};

const flatten = ({ assembly, input, inputShape }: Blueprint): string =>
  inputShape.length === 1 ? input : assembly.add('Flatten', [input]);

/** Hidden layers and the last one, from a value `[N, inputs]`. */
export const denseLayers = (blueprint: Blueprint, from: string, inputs: number, hidden: readonly number[]): void => {
  const share = shareParam(blueprint, 'dropout', 0);
  let value = from;
  let width = inputs;
  for (const [index, size] of hidden.entries()) {
    const sums = dense(blueprint, value, {
      name: `dense${index + 1}`,
      inputs: width,
      outputs: size,
      gain: Math.SQRT2,
    });
    value = dropout(blueprint, blueprint.assembly.add('Relu', [sums]), share);
    width = size;
  }
  dense(blueprint, value, {
    name: 'output',
    inputs: width,
    outputs: blueprint.outputs,
    gain: 1,
    output: blueprint.output,
  });
};
