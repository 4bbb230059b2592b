import type { DatasetKind } from '../contract/dataset.ts';
import type { Manifest, VersionFile } from '../versions/tree/version.ts';
import { findCifar } from './cifar.ts';
import { findIdxPairs } from './idx.ts';
import { looksLikePicture } from './image-folder.ts';
import { findTable, tableKind } from './table.ts';

interface NamedFiles {
  readonly type: Manifest['type'];
  readonly files: Iterable<VersionFile>;
}

/** What a data set is, by the names of its files alone. `files` is anything else; commands may train on it. */
export const recognizeKind = ({ type, files }: NamedFiles): DatasetKind => {
  const { manifest, holdsPictures } = withoutPictures({ type, files });
  const table = findTable(manifest);
  const otherwise = table === null ? 'files' : tableKind(table.path);
  if (type === 'file') return otherwise;
  if (findCifar(manifest) !== null) return 'cifar';
  if (findIdxPairs(manifest).length > 0) return 'idx';
  return holdsPictures ? 'image-folder' : otherwise;
};

/** Pictures come in millions: that there are some is all that is kept of them. */
const withoutPictures = ({ type, files }: NamedFiles) => {
  const others: VersionFile[] = [];
  let holdsPictures = false;
  for (const file of files) {
    if (looksLikePicture(file.path)) holdsPictures ||= file.path.includes('/');
    else others.push(file);
  }
  return { manifest: { type, files: others }, holdsPictures };
};
