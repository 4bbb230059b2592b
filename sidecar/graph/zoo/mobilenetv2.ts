import type { Architecture, Blueprint } from './blueprint.ts';
import { allowParams, shareParam } from './blueprint.ts';
import { imageLayers, type ImageConvolution } from './image-layers.ts';
import { dense, dropout } from './layers.ts';
import { stemOf } from './stem.ts';
import { GraphError } from '../graph-error.ts';

/** Expansion, channels, blocks, and the stride of the first block of each stage.
 * Source: Sandler and others, “MobileNetV2: Inverted Residuals and Linear Bottlenecks”, 2018, table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2 as torchvision builds and names it. The small stem leaves out the first two of its five halvings.
 * Parameters: width (multiplier of all channels, default 1), dropout (before the head, default 0.2), stem.
 */
export const mobilenetv2: Architecture = (blueprint) => {
  allowParams(blueprint, 'mobilenetv2', ['width', 'dropout', 'stem']);
  const { assembly, input, inputShape } = blueprint;
  const width = widthParam(blueprint);
  const kind = stemOf(blueprint);
  let inputs = toEights(32 * width);
  let value = active(blueprint, input, 'features.0', {
    inputs: inputShape[0] ?? 0,
    outputs: inputs,
    kernel: 3,
    stride: kind === 'small' ? 1 : 2,
  });
  let block = 0;
  for (const [stage, [expansion, channels, repeats, halving]] of stages.entries())
    for (let index = 0; index < repeats; index += 1) {
      block += 1;
      const outputs = toEights(channels * width);
      const stride = index > 0 || (kind === 'small' && stage === 1) ? 1 : halving;
      value = invertedResidual(blueprint, value, { name: `features.${block}`, inputs, outputs, expansion, stride });
      inputs = outputs;
    }
  const last = toEights(1280 * Math.max(1, width));
  value = active(blueprint, value, `features.${block + 1}`, { inputs, outputs: last, kernel: 1, stride: 1 });
  const pooled = assembly.add('Flatten', [assembly.add('GlobalAveragePool', [value])]);
  const kept = dropout(blueprint, pooled, shareParam(blueprint, 'dropout', 0.2));
  const { outputs, output } = blueprint;
  dense(blueprint, kept, { name: 'classifier.1', inputs: last, outputs, gain: 1, output });
};

/** Channels are a multiple of 8, and rounding takes away at most a tenth of them. */
const toEights = (channels: number): number => {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
};

const widthParam = ({ params }: Blueprint): number => {
  const width = params['width'] ?? 1;
  if (typeof width !== 'number' || !(width > 0 && width <= 4))
    throw new GraphError('model.params.width must be a number above 0 and up to 4.');
  return width;
};

/** Convolution, normalization and ReLU6. */
const active = (blueprint: Blueprint, value: string, name: string, layer: Omit<ImageConvolution, 'name'>): string => {
  const { assembly } = blueprint;
  const { convolution, normalization } = imageLayers(blueprint);
  const maps = convolution(value, { ...layer, name: `${name}.0` });
  const normal = normalization(maps, `${name}.1`, layer.outputs);
  return assembly.add('Clip', [normal, assembly.floats([0]), assembly.floats([6])]);
};

interface InvertedResidual {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly stride: number;
}

/** Widen by 1x1, filter each channel by 3x3, narrow by 1x1 without an activation; added to the input where sizes agree. */
const invertedResidual = (blueprint: Blueprint, value: string, plan: InvertedResidual): string => {
  const { name, inputs, outputs, expansion, stride } = plan;
  const { convolution, normalization } = imageLayers(blueprint);
  const hidden = inputs * expansion;
  const steps = expansion === 1 ? 0 : 1;
  const wide =
    steps === 0 ? value : active(blueprint, value, `${name}.conv.0`, { inputs, outputs: hidden, kernel: 1, stride: 1 });
  const depthwise = { inputs: hidden, outputs: hidden, kernel: 3, stride, group: hidden };
  const filtered = active(blueprint, wide, `${name}.conv.${steps}`, depthwise);
  const narrow = { name: `${name}.conv.${steps + 1}`, inputs: hidden, outputs, kernel: 1, stride: 1 };
  const branch = normalization(convolution(filtered, narrow), `${name}.conv.${steps + 2}`, outputs);
  return stride === 1 && inputs === outputs ? blueprint.assembly.add('Add', [value, branch]) : branch;
};
