import { intsAttribute } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Architecture } from './blueprint.ts';
import { allowParams, sizesParam } from './blueprint.ts';
import { convolution } from './layers.ts';
import { denseLayers } from './mlp.ts';

/**
 * Stages of a 3x3 convolution, ReLU and 2x2 max pooling, then fully connected layers.
 * Parameters: channels (one stage each, default `[16, 32]`), hidden (default `[64]`), dropout.
 */
export const cnn: Architecture = (blueprint) => {
  allowParams(blueprint, 'cnn', ['channels', 'hidden', 'dropout']);
  const stages = sizesParam(blueprint, 'channels', [16, 32]);
  const { assembly, input, inputShape } = blueprint;
  let [channels = 0, height = 0, width = 0] = inputShape;
  const smallest = 2 ** stages.length;
  if (inputShape.length !== 3 || height < smallest || width < smallest)
    throw new GraphError(`A cnn of ${stages.length} stages needs images of at least ${smallest} pixels a side.`);
  let value = input;
  for (const [index, outputs] of stages.entries()) {
    const maps = convolution(blueprint, value, { name: `conv${index + 1}`, inputs: channels, outputs });
    const halve = { kernel_shape: intsAttribute([2, 2]), strides: intsAttribute([2, 2]) };
    value = assembly.add('MaxPool', [maps], halve);
    [channels, height, width] = [outputs, Math.floor(height / 2), Math.floor(width / 2)];
  }
  const flat = assembly.add('Flatten', [value]);
  denseLayers(blueprint, flat, channels * height * width, sizesParam(blueprint, 'hidden', [64]));
};
