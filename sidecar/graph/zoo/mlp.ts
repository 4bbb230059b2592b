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
  denseLayers(blueprint, {
    from: flattened(blueprint),
    inputs: sizeOf(blueprint.inputShape),
    hidden: sizesParam(blueprint, 'hidden', [128]),
    dropout: shareParam(blueprint, 'dropout', 0),
  });
};

/** The input as rows `[N, size]`. */
export const flattened = ({ assembly, input, inputShape }: Blueprint): string =>
  inputShape.length === 1 ? input : assembly.add('Flatten', [input]);

interface DenseLayers {
  /** Value `[N, inputs]`. */
  readonly from: string;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly dropout: number;
}

/** Hidden layers, each with ReLU and dropout, and the last one, which gives the blueprint's output. */
export const denseLayers = (blueprint: Blueprint, layers: DenseLayers): void => {
  let value = layers.from;
  let width = layers.inputs;
  for (const [index, size] of layers.hidden.entries()) {
    const layer = { name: `dense${index + 1}`, inputs: width, outputs: size, gain: Math.SQRT2 };
    const active = blueprint.assembly.add('Relu', [dense(blueprint, value, layer)]);
    value = dropout(blueprint, active, layers.dropout);
    width = size;
  }
  const { outputs, output } = blueprint;
  dense(blueprint, value, { name: 'output', inputs: width, outputs, gain: 1, output });
};
