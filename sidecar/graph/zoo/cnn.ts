import { intsAttribute } from '../attributes.ts';
import { GraphError } from '../graph-error.ts';
import type { Architecture } from './blueprint.ts';
import { allowParams, shareParam, sizesParam } from './blueprint.ts';
import { batchNormalization, convolution } from './layers.ts';
import { denseLayers } from './mlp.ts';

/** Enough for small images; a stage that would leave nothing of an image is left out. */
const defaultChannels = [16, 32, 64];

/**
 * Stages of a 3x3 convolution, 2x2 max pooling, batch normalization and ReLU, then fully connected layers.
 * Pooling comes first because all that follows is then four times cheaper.
 * Parameters: channels (one stage each, default `[16, 32, 64]`), hidden (default `[64]`), dropout (default 0.25).
 */
export const cnn: Architecture = (blueprint) => {
  allowParams(blueprint, 'cnn', ['channels', 'hidden', 'dropout']);
  const { assembly, input, inputShape } = blueprint;
  let [channels = 0, height = 0, width = 0] = inputShape;
  const fitting = Math.floor(Math.log2(Math.min(height, width)));
  const stages = sizesParam(blueprint, 'channels', defaultChannels.slice(0, Math.max(fitting, 1)));
  if (inputShape.length !== 3 || fitting < stages.length)
    throw new GraphError(
      `A cnn of ${stages.length} stages needs images of at least ${2 ** stages.length} pixels a side.`,
    );
  let value = input;
  for (const [index, outputs] of stages.entries()) {
    const maps = convolution(blueprint, value, { name: `conv${index + 1}`, inputs: channels, outputs });
    const halve = { kernel_shape: intsAttribute([2, 2]), strides: intsAttribute([2, 2]) };
    const pooled = assembly.add('MaxPool', [maps], halve);
    value = assembly.add('Relu', [batchNormalization(blueprint, pooled, `norm${index + 1}`, outputs)]);
    [channels, height, width] = [outputs, Math.floor(height / 2), Math.floor(width / 2)];
  }
  const hidden = sizesParam(blueprint, 'hidden', [64]);
  const dropout = shareParam(blueprint, 'dropout', 0.25);
  denseLayers(blueprint, {
    from: assembly.add('Flatten', [value]),
    inputs: channels * height * width,
    hidden,
    dropout,
  });
};
