import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Features } from '../contract/features.ts';
import { dataUnreadable, oneClassOnly, settingInvalid } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import type { BuildOrder } from './build-order.ts';
import type { ImageSpec } from './decode-image.ts';
import { decodeRows } from './decode-rows.ts';
import { openFeatureWriter, type FeatureWriter } from './feature-writer.ts';
import type { ImageRows } from './image-rows.ts';
import { splitRows, type SplitRows } from './split.ts';

/** Decodes pictures into rows of `[C, H, W]` bytes. Mean and deviation per channel come from the training rows. */
export const buildImageFeatures = async (
  images: ImageRows,
  order: BuildOrder,
  context: JobContext,
): Promise<Features> => {
  const { data, path } = order;
  refuseNonsense(images, order);
  for (const note of images.notes) context.log('info', note);
  const spec = specOf(images, data);
  const split = splitRows({
    rows: images.labels.length,
    shares: data.split,
    seed: data.split.seed,
    nameOf: (row) => images.names[row] ?? '',
    strata: data.split.stratify ? images.labels : null,
    testFrom: images.testFrom,
  });
  if (split.train.length === 0) throw dataUnreadable(path, 'no row is left to train on');

  const writer = openFeatureWriter({
    folder: order.featuresFolder,
    element: 'uint8',
    width: spec.channels * spec.height * spec.width,
    split,
    nameOf: (row) => images.names[row] ?? '',
  });
  try {
    const normalization = await writeRows(images, { spec, split, writer }, order, context);
    const features: Features = {
      hash: order.hash,
      task: 'classification',
      inputShape: [spec.channels, spec.height, spec.width],
      classes: [...images.classes],
      rows: { train: split.train.length, validation: split.validation.length, test: split.test.length },
      normalization,
      columns: [],
      target: null,
    };
    writer.publish(features);
    return features;
  } finally {
    writer.discard();
  }
};

const refuseNonsense = ({ classes }: ImageRows, { data, features, path }: BuildOrder): void => {
  const { group_by, time } = data.split;
  if (group_by !== undefined || time !== undefined) {
    throw settingInvalid(
      `data.split.${group_by === undefined ? 'time' : 'group_by'}`,
      'pictures have no columns to divide them by',
      'Put the parts into folders `train` and `test`.',
    );
  }
  if (features.length > 0) throw settingInvalid('features', 'pictures have no columns', 'Remove the section.');
  if (classes.length < 2) throw oneClassOnly(classes[0] ?? '', path);
  if (data.task === 'regression') throw dataUnreadable(path, 'pictures in class folders have no numbers to predict');
};

const specOf = (images: ImageRows, { channels, image_size: side }: BuildOrder['data']): ImageSpec => {
  const first =
    channels === undefined || side === undefined ? images.raster(0) : { channels, width: side, height: side };
  return { channels: channels ?? first.channels, width: side ?? first.width, height: side ?? first.height };
};

interface Writing {
  readonly spec: ImageSpec;
  readonly split: SplitRows;
  readonly writer: FeatureWriter;
}

const TURN_MS = 50;

const writeRows = async (
  images: ImageRows,
  { spec, split, writer }: Writing,
  order: BuildOrder,
  { signal, progress }: JobContext,
) => {
  const moments = createChannelMoments(spec);
  const tell = createTeller(images.labels.length, progress);
  let turnedAt = performance.now();
  for await (const { part, row, pixels } of decodeRows(images, { spec, split }, order)) {
    if (part === 'train') moments.see(pixels);
    writer.add(part, pixels, images.labels[row] ?? 0);
    tell.decoded();
    if (performance.now() - turnedAt < TURN_MS) continue;
    tell.progress();
    await nextTurn();
    signal.throwIfAborted();
    turnedAt = performance.now();
  }
  return moments.normalization();
};

/** Counts pictures, and tells how many are done, how fast, and about how long the rest takes. */
const createTeller = (total: number, progress: JobContext['progress']) => {
  const startedAt = performance.now();
  const count = (value: number) => Math.round(value).toLocaleString('en');
  let done = 0;
  return {
    decoded: () => {
      done += 1;
    },
    progress: () => {
      const perSecond = (1000 * done) / (performance.now() - startedAt);
      const left = Math.ceil((total - done) / perSecond);
      progress(
        done / total,
        `${count(done)} of ${count(total)} pictures, ${count(perSecond)} a second, ${count(left)} s left`,
      );
    },
  };
};

const createChannelMoments = ({ channels, width, height }: ImageSpec) => {
  const plane = width * height;
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let rows = 0;
  return {
    see: (pixels: Uint8Array): void => {
      rows += 1;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        let square = 0;
        for (let at = channel * plane; at < (channel + 1) * plane; at++) {
          const value = pixels[at] ?? 0;
          sum += value;
          square += value * value;
        }
        sums[channel] = (sums[channel] ?? 0) + sum;
        squares[channel] = (squares[channel] ?? 0) + square;
      }
    },
    /** A channel that never changes is divided by 1. */
    normalization: (): Features['normalization'] => {
      const count = rows * plane;
      const mean = Array.from(sums, (sum) => sum / count);
      const std = Array.from(
        squares,
        (square, at) => Math.sqrt(Math.max(0, square / count - (mean[at] ?? 0) ** 2)) || 1,
      );
      return { mean, std };
    },
  };
};
