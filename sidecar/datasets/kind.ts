import type { DatasetKind } from '../contract/dataset.ts';
import type { Manifest } from '../versions/manifest.ts';
import { findCifar } from './cifar.ts';
import { findIdxPairs } from './idx.ts';
import { holdsPictures } from './image-folder.ts';
import { findTable, tableKind } from './table.ts';

/** What a data set is, by the names of its files alone. `files` is anything else; commands may train on it. */
export const recognizeKind = (manifest: Manifest): DatasetKind => {
  const table = findTable(manifest);
  const otherwise = table === null ? 'files' : tableKind(table.path);
  if (manifest.type === 'file') return otherwise;
  if (findCifar(manifest) !== null) return 'cifar';
  if (findIdxPairs(manifest).length > 0) return 'idx';
  return holdsPictures(manifest) ? 'image-folder' : otherwise;
};
