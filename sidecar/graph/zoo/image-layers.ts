import { intAttribute, intsAttribute } from '../attributes.ts';
import { sizeOf } from '../model.ts';
import type { Blueprint } from './blueprint.ts';

export interface ImageConvolution {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Side of the square kernel, odd. The padding keeps the size, but for the stride. */
  readonly kernel: number;
  readonly stride: number;
  /** As many groups as channels make it depthwise. Default 1. */
  readonly group?: number;
}

/** Layers with torchvision's names of weights, `<name>.weight`, `<name>.running_mean`, and its first values. */
export const imageLayers = ({ assembly, random, parameter }: Blueprint) => ({
  /** No bias, since a normalization follows; weights `[outputs, inputs / group, kernel, kernel]`. */
  convolution: (input: string, layer: ImageConvolution): string => {
    const { name, inputs, outputs, kernel, stride, group = 1 } = layer;
    const dims = [outputs, inputs / group, kernel, kernel];
    // He's variance by fan-out, as torchvision draws them: torch.nn.init.kaiming_normal_(mode='fan_out').
    const deviation = Math.sqrt(2 / (outputs * kernel * kernel));
    const drawn = new Float32Array(sizeOf(dims));
    for (let index = 0; index < drawn.length; index += 1) drawn[index] = deviation * random.normal();
    const pad = (kernel - 1) / 2;
    return assembly.add('Conv', [input, parameter(`${name}.weight`, dims, drawn)], {
      kernel_shape: intsAttribute([kernel, kernel]),
      strides: intsAttribute([stride, stride]),
      pads: intsAttribute([pad, pad, pad, pad]),
      group: intAttribute(group),
    });
  },
  /** Of `[N, channels, …]`, at first with weight 1 and bias 0. ONNX's momentum of 0.9 is PyTorch's 0.1. */
  normalization: (input: string, name: string, channels: number): string => {
    const filled = (part: string, value: number) =>
      parameter(`${name}.${part}`, [channels], new Float32Array(channels).fill(value));
    return assembly.add('BatchNormalization', [
      input,
      filled('weight', 1),
      filled('bias', 0),
      filled('running_mean', 0),
      filled('running_var', 1),
    ]);
  },
});
