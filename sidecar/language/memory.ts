import { Training } from '../contract/training.ts';
import { buildModel, isArchitecture } from '../graph/build.ts';
import { GraphError } from '../graph/graph-error.ts';
import { trainingBytes } from '../graph/train-memory.ts';
import { bytesText } from '../terminal/figures.ts';

/** Rows as far as a configuration alone tells. */
interface KnownRows {
  readonly inputShape: readonly number[];
  readonly outputs: number;
}

const builtIn: Readonly<
  Record<string, { readonly channels: number; readonly side: number; readonly classes: number }>
> = {
  cifar10: { channels: 3, side: 32, classes: 10 },
  cifar100: { channels: 3, side: 32, classes: 100 },
  mnist: { channels: 1, side: 28, classes: 10 },
  'fashion-mnist': { channels: 1, side: 28, classes: 10 },
};

/** Only the last layer depends on it, a small part of the memory. */
const ASSUMED_CLASSES = 10;

/**
 * What training by a configuration takes of memory on the processor, in words; null where the configuration does not
 * tell the size of the images, is not valid, or asks for a model that is not built here.
 * @param value the configuration as it is written
 */
export const describeMemory = (value: unknown): string | null => {
  const parsed = Training.safeParse(value);
  if (!parsed.success) return null;
  const { model, data, training } = parsed.data;
  const rows = rowsOf(data);
  const size = data.batch_size === 'auto' ? 64 : data.batch_size;
  if (rows === null || training.engine === 'command' || !isArchitecture(model.name)) return null;
  const bytes = estimate(parsed.data, model.name, rows, size);
  if (bytes === null) return null;
  const batch = data.batch_size === 'auto' ? `With ${size} rows a batch training` : 'Training';
  return `${batch} takes about ${bytesText(bytes)} of memory on the processor.`;
};

const rowsOf = ({ dataset, image_size, channels }: Training['data']): KnownRows | null => {
  const known = builtIn[dataset.split('@')[0] ?? ''];
  const [side, depth] = [image_size ?? known?.side, channels ?? known?.channels];
  if (side === undefined || depth === undefined) return null;
  return { inputShape: [depth, side, side], outputs: known?.classes ?? ASSUMED_CLASSES };
};

type Architecture = Parameters<typeof buildModel>[0]['architecture'];

const estimate = (
  { model, optimizer, training }: Training,
  architecture: Architecture,
  rows: KnownRows,
  batch: number,
): number | null => {
  try {
    const built = buildModel({
      ...rows,
      architecture,
      params: model.params,
      task: 'classification',
      seed: 'none',
      normalization: { mean: [0], std: [1] },
    });
    return trainingBytes(built, {
      batch,
      loss: 'cross_entropy',
      optimizer: { type: optimizer.type },
      form: training.accumulate > 1 ? 'gather' : 'whole',
      ...(training.ema === undefined ? {} : { averaged: 'averaged' }),
    });
  } catch (error) {
    // A model that cannot be built is told by those who check the configuration; here it only has no size.
    if (error instanceof GraphError) return null;
    throw error;
  }
};
