import type { Random } from '../../graph/random.ts';
import type { Change, Picture } from './change.ts';

/** Changes brightness, then contrast, then the saturation of a coloured picture, each by up to the share. */
export const colourJitter =
  (share: number): Change =>
  (picture, random) => {
    const factor = () => 1 + share * (2 * random.uniform() - 1);
    const [brightness, contrast, saturation] = [factor(), factor(), factor()];
    blend(picture, brightness, () => 0);
    const grey = meanLuma(picture);
    blend(picture, contrast, () => grey);
    if (picture.channels === 3) blend(picture, saturation, lumaOf(picture));
  };

/** `factor · sample + (1 − factor) · other`, within 0 and 255: PIL's ImageEnhance, as torchvision's ColorJitter. */
const blend = ({ samples, height, width }: Picture, factor: number, otherAt: (pixel: number) => number): void => {
  const plane = height * width;
  for (let pixel = 0; pixel < plane; pixel++) {
    const other = otherAt(pixel);
    for (let at = pixel; at < samples.length; at += plane) {
      samples[at] = Math.min(255, Math.max(0, factor * (samples[at] ?? 0) + (1 - factor) * other));
    }
  }
};

/** Weights of ITU-R BT.601. */
const lumaOf = ({ samples, channels, height, width }: Picture): ((pixel: number) => number) => {
  const plane = height * width;
  return (pixel) => {
    const first = samples[pixel] ?? 0;
    if (channels !== 3) return first;
    return 0.299 * first + 0.587 * (samples[plane + pixel] ?? 0) + 0.114 * (samples[2 * plane + pixel] ?? 0);
  };
};

const meanLuma = (picture: Picture): number => {
  const plane = picture.height * picture.width;
  const luma = lumaOf(picture);
  let sum = 0;
  for (let pixel = 0; pixel < plane; pixel++) sum += luma(pixel);
  return sum / plane;
};

/** Tries to find a rectangle that fits before a picture is left as it is. */
const TRIES = 10;

/**
 * Fills a rectangle of 2 to 33 % of the area with noise in the given share of the pictures.
 * Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020); sizes as torchvision's RandomErasing.
 */
export const erase =
  (share: number): Change =>
  (picture, random) => {
    if (random.uniform() >= share) return;
    const { samples, channels, height, width } = picture;
    const box = boxWithin(height, width, random);
    if (box === null) return;
    for (let channel = 0; channel < channels; channel++) {
      for (let row = box.top; row < box.top + box.height; row++) {
        const from = (channel * height + row) * width + box.left;
        for (let at = from; at < from + box.width; at++) samples[at] = 255 * random.uniform();
      }
    }
  };

const boxWithin = (height: number, width: number, { uniform, below }: Random) => {
  for (let tried = 0; tried < TRIES; tried++) {
    const area = height * width * (0.02 + 0.31 * uniform());
    const ratio = Math.exp(Math.log(0.3) + uniform() * (Math.log(3.3) - Math.log(0.3)));
    const [tall, wide] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (tall < 1 || wide < 1 || tall > height || wide > width) continue;
    return { top: below(height - tall + 1), left: below(width - wide + 1), height: tall, width: wide };
  }
  return null;
};
