import type { DatasetKind } from '../contract/dataset.ts';
import type { Manifest } from '../versions/manifest.ts';
import { findCifar } from './cifar.ts';
import { findIdxPairs } from './idx.ts';
import { holdsPictures } from './image-folder.ts';

/** What a data set is, by the names of its files alone. `files` is anything else; commands may train on it. */
export const recognizeKind = (manifest: Manifest): DatasetKind => {
  const tables = manifest.files.filter(({ path }) => /\.csv$/i.test(path));
  if (manifest.type === 'file') return tables.length === 1 ? 'csv' : 'files';
  if (findCifar(manifest) !== null) return 'cifar';
  if (findIdxPairs(manifest).length > 0) return 'idx';
  if (holdsPictures(manifest)) return 'image-folder';
  return tables.length === 1 ? 'csv' : 'files';
};
