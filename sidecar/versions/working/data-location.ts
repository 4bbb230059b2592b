import { join } from 'node:path';
import { sha256Of } from '../hash.ts';

export interface DataLocation {
  /** Folder of the workspace. */
  readonly root: string;
  /** The data set, relative to it. */
  readonly path: string;
  /** Folder of stat indexes, one a data set. */
  readonly indexes: string;
}

/** @param location with the path as it is tidied */
export const indexPath = ({ indexes, path }: Pick<DataLocation, 'indexes' | 'path'>): string =>
  join(indexes, `${sha256Of(path).slice(0, 16)}.index`);
