import type { Training } from '../../contract/training.ts';
import { cutmix, mixup, type Blend } from './blend.ts';
import type { Change } from './change.ts';
import { colourJitter, erase } from './colour.ts';
import { crop, flip, rotate } from './geometry.ts';

type Settings = Training['data']['augment'];

/** What happens to the pictures of a batch. */
export interface AugmentPlan {
  /** In the order in which they are written. */
  readonly changes: readonly Change[];
  /** One of them for each batch. */
  readonly blends: readonly Blend[];
}

/** What `data.augment` asks for; normalization belongs to the model and is not here. */
export const planAugment = (settings: Settings): AugmentPlan => ({
  changes: settings.flatMap(({ flip: axis, crop: pixels, rotate: degrees, color_jitter: share, erase: erased }) => [
    ...(axis === undefined ? [] : [flip(axis)]),
    ...(pixels === undefined ? [] : [crop(pixels)]),
    ...(degrees === undefined ? [] : [rotate(degrees)]),
    ...(share === undefined ? [] : [colourJitter(share)]),
    ...(erased === undefined ? [] : [erase(erased)]),
  ]),
  blends: settings.flatMap(({ mixup: mixed, cutmix: pasted }) => [
    ...(mixed === undefined ? [] : [mixup(mixed)]),
    ...(pasted === undefined ? [] : [cutmix(pasted)]),
  ]),
});
