import { createHash } from 'node:crypto';
import type { DatasetVersion } from '../contract/dataset.ts';
import type { Features } from '../contract/features.ts';
import { Hash } from '../contract/ids.ts';
import type { Training } from '../contract/training.ts';
import { dataUnreadable } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import { needVersion, openDataStore } from '../versions/data-store.ts';
import { readManifest, type Manifest } from '../versions/tree/version.ts';
import { openCifar } from './cifar.ts';
import type { BuildOrder } from './build-order.ts';
import { findFeatures } from './feature-store.ts';
import { openIdx } from './idx.ts';
import { buildImageFeatures } from './image-features.ts';
import { openImageFolder } from './image-folder.ts';
import type { ImageRows } from './image-rows.ts';
import { openTable } from './table.ts';
import { buildTableFeatures } from './table-features.ts';

export interface FeatureOrder {
  readonly dataset: Pick<DatasetVersion, 'hash' | 'kind' | 'path'>;
  readonly data: Training['data'];
  readonly features: Training['features'];
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly featuresFolder: string;
}

/** The settings of `data:` that change what rows become; batches and augmentation come later. */
export const settingsThatMatter = (data: Training['data']): readonly unknown[] => [
  data.target ?? null,
  data.task,
  data.image_size ?? null,
  data.channels ?? null,
  [data.split.train, data.split.validation, data.split.test, data.split.seed, data.split.stratify],
  [data.split.group_by ?? null, data.split.time ?? null],
];

/**
 * Decodes a pinned version into rows of numbers, split and with the transforms that made them, in the feature store.
 * Equal data under equal settings are decoded once.
 * @param decoder path of the program that decodes many pictures in threads; without it this thread decodes them
 * @throws Fault `dataset-…` that names the file, the class or the row
 */
export const buildFeatures = async (
  order: FeatureOrder,
  context: JobContext,
  decoder: string | null = null,
): Promise<Features> => {
  context.signal.throwIfAborted();
  const { dataset, data, dataFolder, featuresFolder } = order;
  const hash = nameOf(order);
  const found = findFeatures(featuresFolder, hash);
  if (found !== null) return found;
  const store = openDataStore(dataFolder);
  const { contents } = store;
  const manifest = readManifest(store.blobs, needVersion(store, dataset.hash));
  const build: BuildOrder = {
    hash,
    path: dataset.path,
    data,
    features: order.features,
    contents,
    dataFolder,
    featuresFolder,
    decoder,
  };
  if (isTable(dataset.kind)) return buildTableFeatures(openTable(manifest, contents, dataset.path), build, context);
  return buildImageFeatures(openImages(dataset.kind, manifest, build), build, context);
};

/** Raised when the same data and settings would give other rows. */
const ROWS_FORMAT = 2;

const nameOf = ({ dataset, data, features }: FeatureOrder): Hash =>
  Hash.parse(
    createHash('sha256')
      .update(JSON.stringify([ROWS_FORMAT, dataset.hash, dataset.kind, settingsThatMatter(data), features]))
      .digest('hex'),
  );

const isTable = (kind: DatasetVersion['kind']): boolean => ['csv', 'jsonl', 'parquet'].includes(kind);

const openImages = (kind: DatasetVersion['kind'], manifest: Manifest, { contents, path }: BuildOrder): ImageRows => {
  switch (kind) {
    case 'idx':
      return openIdx(manifest, contents, path);
    case 'cifar':
      return openCifar(manifest, contents, path);
    case 'image-folder':
      return openImageFolder(manifest, contents, path);
    case 'csv':
    case 'jsonl':
    case 'parquet':
    case 'files':
      throw dataUnreadable(path, 'it is neither an image folder, nor IDX or CIFAR files, nor a table');
  }
};
