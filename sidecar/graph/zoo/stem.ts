import { GraphError } from '../graph-error.ts';
import type { Blueprint } from './blueprint.ts';

/** How the first layers meet the image: as ImageNet's 224 pixels want it, or keeping what a small image has. */
export type Stem = 'imagenet' | 'small';

/** Below this side the ImageNet stem would leave a map of one pixel before the last stages. */
const smallSide = 64;

/** The stem that `params.stem` asks for, or that fits the image; told as `stem` among the model's metadata. */
export const stemOf = (blueprint: Blueprint): Stem => {
  const { params, inputShape, tell } = blueprint;
  const [, height = 0, width = 0] = inputShape;
  if (inputShape.length !== 3) throw new GraphError('This model takes images; tables are for mlp and linear.');
  const asked = params['stem'] ?? 'auto';
  if (asked !== 'auto' && asked !== 'imagenet' && asked !== 'small')
    throw new GraphError('model.params.stem must be auto, imagenet or small.');
  const fitting = Math.min(height, width) < smallSide ? 'small' : 'imagenet';
  const stem = asked === 'auto' ? fitting : asked;
  tell('stem', stem);
  return stem;
};
