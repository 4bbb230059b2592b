import { intsAttribute } from '../attributes.ts';
import type { Architecture, Blueprint } from './blueprint.ts';
import { allowParams } from './blueprint.ts';
import { imageLayers } from './image-layers.ts';
import { dense } from './layers.ts';
import { stemOf } from './stem.ts';

/** Two 3x3 convolutions, or a 3x3 between two 1x1 of which the last one widens four times. */
type Block = 'basic' | 'bottleneck';

interface Variant {
  readonly block: Block;
  /** Blocks of the four stages. */
  readonly depths: readonly number[];
}

/** Source: He, Zhang, Ren and Sun, “Deep Residual Learning for Image Recognition”, 2015, table 1. */
const variants = {
  resnet18: { block: 'basic', depths: [2, 2, 2, 2] },
  resnet34: { block: 'basic', depths: [3, 4, 6, 3] },
  resnet50: { block: 'bottleneck', depths: [3, 4, 6, 3] },
  resnet101: { block: 'bottleneck', depths: [3, 4, 23, 3] },
  resnet152: { block: 'bottleneck', depths: [3, 8, 36, 3] },
} as const satisfies Record<string, Variant>;

const stageWidths = [64, 128, 256, 512] as const;
const widening = { basic: 1, bottleneck: 4 } as const;

/**
 * A residual network as torchvision builds and names it: the stride of a bottleneck lies on its 3x3 convolution.
 * Parameters: stem (`auto`, `imagenet`: 7x7 with stride 2 and a max pool, `small`: 3x3 with stride 1 and no pool).
 */
const residualNetwork =
  (name: string, { block, depths }: Variant): Architecture =>
  (blueprint) => {
    allowParams(blueprint, name, ['stem']);
    let value = stem(blueprint);
    let inputs = 64;
    for (const [stage, depth] of depths.entries())
      for (let index = 0; index < depth; index += 1) {
        const width = stageWidths[stage] ?? 0;
        const outputs = width * widening[block];
        const stride = stage > 0 && index === 0 ? 2 : 1;
        value = blocks[block](blueprint, value, { name: `layer${stage + 1}.${index}`, inputs, width, outputs, stride });
        inputs = outputs;
      }
    const { assembly, outputs, output } = blueprint;
    const pooled = assembly.add('Flatten', [assembly.add('GlobalAveragePool', [value])]);
    dense(blueprint, pooled, { name: 'fc', inputs, outputs, gain: 1, output });
  };

const stem = (blueprint: Blueprint): string => {
  const { assembly, input, inputShape } = blueprint;
  const { convolution, normalization } = imageLayers(blueprint);
  const [inputs = 0] = inputShape;
  const kind = stemOf(blueprint);
  const [kernel, stride] = kind === 'imagenet' ? [7, 2] : [3, 1];
  const maps = convolution(input, { name: 'conv1', inputs, outputs: 64, kernel, stride });
  const active = assembly.add('Relu', [normalization(maps, 'bn1', 64)]);
  if (kind === 'small') return active;
  return assembly.add('MaxPool', [active], {
    kernel_shape: intsAttribute([3, 3]),
    strides: intsAttribute([2, 2]),
    pads: intsAttribute([1, 1, 1, 1]),
  });
};

interface BlockPlan {
  readonly name: string;
  readonly inputs: number;
  readonly width: number;
  readonly outputs: number;
  readonly stride: number;
}

const basic = (blueprint: Blueprint, value: string, plan: BlockPlan): string => {
  const { name, inputs, outputs, stride } = plan;
  const { assembly } = blueprint;
  const { convolution, normalization } = imageLayers(blueprint);
  const first = convolution(value, { name: `${name}.conv1`, inputs, outputs, kernel: 3, stride });
  const active = assembly.add('Relu', [normalization(first, `${name}.bn1`, outputs)]);
  const second = convolution(active, { name: `${name}.conv2`, inputs: outputs, outputs, kernel: 3, stride: 1 });
  const branch = normalization(second, `${name}.bn2`, outputs);
  return assembly.add('Relu', [assembly.add('Add', [branch, shortcut(blueprint, value, plan)])]);
};

const bottleneck = (blueprint: Blueprint, value: string, plan: BlockPlan): string => {
  const { name, inputs, width, outputs, stride } = plan;
  const { assembly } = blueprint;
  const { convolution, normalization } = imageLayers(blueprint);
  const first = convolution(value, { name: `${name}.conv1`, inputs, outputs: width, kernel: 1, stride: 1 });
  const narrow = assembly.add('Relu', [normalization(first, `${name}.bn1`, width)]);
  const second = convolution(narrow, { name: `${name}.conv2`, inputs: width, outputs: width, kernel: 3, stride });
  const active = assembly.add('Relu', [normalization(second, `${name}.bn2`, width)]);
  const third = convolution(active, { name: `${name}.conv3`, inputs: width, outputs, kernel: 1, stride: 1 });
  const branch = normalization(third, `${name}.bn3`, outputs);
  return assembly.add('Relu', [assembly.add('Add', [branch, shortcut(blueprint, value, plan)])]);
};

const blocks: Readonly<Record<Block, typeof basic>> = { basic, bottleneck };

/** The input itself, or a 1x1 convolution of it where the block changes its size. */
const shortcut = (blueprint: Blueprint, value: string, { name, inputs, outputs, stride }: BlockPlan): string => {
  if (stride === 1 && inputs === outputs) return value;
  const { convolution, normalization } = imageLayers(blueprint);
  const maps = convolution(value, { name: `${name}.downsample.0`, inputs, outputs, kernel: 1, stride });
  return normalization(maps, `${name}.downsample.1`, outputs);
};

export const residualNetworks = {
  resnet18: residualNetwork('resnet18', variants.resnet18),
  resnet34: residualNetwork('resnet34', variants.resnet34),
  resnet50: residualNetwork('resnet50', variants.resnet50),
  resnet101: residualNetwork('resnet101', variants.resnet101),
  resnet152: residualNetwork('resnet152', variants.resnet152),
} as const;
