import { intAttribute, intsAttribute } from '../attributes.ts';
import { sizeOf } from '../model.ts';
import type { Random } from '../random.ts';
import type { Blueprint } from './blueprint.ts';

/**
 * Normally distributed weights of variance `gain² / fanIn`. The gain √2 keeps the variance of activations through
 * ReLU layers: He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
 */
const kaiming = (random: Random, dims: readonly number[], gain: number): Float32Array => {
  const deviation = gain / Math.sqrt(sizeOf(dims.slice(1)));
  return Float32Array.from({ length: sizeOf(dims) }, () => deviation * random.normal());
};

export interface Dense {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly gain: number;
  readonly output?: string;
}

/** A fully connected layer, weights `[outputs, inputs]`, bias 0. */
export const dense = ({ assembly, random, parameter }: Blueprint, input: string, layer: Dense): string => {
  const dims = [layer.outputs, layer.inputs];
  const weight = parameter(`${layer.name}.weight`, dims, kaiming(random, dims, layer.gain));
  const bias = parameter(`${layer.name}.bias`, [layer.outputs], new Float32Array(layer.outputs));
  return assembly.add('Gemm', [input, weight, bias], { transB: intAttribute(1) }, layer.output);
};

export interface Convolution {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** A 3x3 convolution that keeps height and width, weights `[outputs, inputs, 3, 3]`; no bias, a normalization follows. */
export const convolution = ({ assembly, random, parameter }: Blueprint, input: string, layer: Convolution): string => {
  const dims = [layer.outputs, layer.inputs, 3, 3];
  const weight = parameter(`${layer.name}.weight`, dims, kaiming(random, dims, Math.SQRT2));
  const attributes = { kernel_shape: intsAttribute([3, 3]), pads: intsAttribute([1, 1, 1, 1]) };
  return assembly.add('Conv', [input, weight], attributes);
};

/** Batch normalization of `[N, channels, …]`, at first with scale 1 and bias 0. */
export const batchNormalization = (
  { assembly, parameter }: Blueprint,
  input: string,
  name: string,
  channels: number,
) => {
  const filled = (part: string, value: number) =>
    parameter(`${name}.${part}`, [channels], new Float32Array(channels).fill(value));
  const inputs = [filled('scale', 1), filled('bias', 0), filled('mean', 0), filled('variance', 1)];
  return assembly.add('BatchNormalization', [input, ...inputs]);
};

/** Sets a share of the values to 0 while training; nothing otherwise. */
export const dropout = ({ assembly }: Blueprint, input: string, share: number): string =>
  share === 0 ? input : assembly.add('Dropout', [input, assembly.floats([share])]);
