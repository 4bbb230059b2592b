import type { DatasetVersion } from '../contract/dataset.ts';

export type DatasetDraft = Omit<DatasetVersion, 'version' | 'name'>;

/** All dataset versions of a workspace. The implementation over SQLite is store/datasets.ts. */
export interface DatasetCatalog {
  /**
   * Gives these bytes the next version of their data set; bytes that have a version already keep it.
   * @returns the version, and whether it is new
   */
  readonly add: (draft: DatasetDraft) => { readonly dataset: DatasetVersion; readonly created: boolean };
  /** By name, newest version first. */
  readonly list: () => DatasetVersion[];
  /** @throws Fault `version-missing` that names the versions there are */
  readonly find: (name: string, version: number) => DatasetVersion;
  /**
   * Lets go of a version: it is listed no more, and nothing keeps its bytes for its sake. Its number is not given
   * again, unless the same bytes come back.
   * @param at milliseconds since 1970 @throws Fault `version-missing`
   */
  readonly forget: (name: string, version: number, at: number) => DatasetVersion;
  readonly findByHash: (hash: string) => DatasetVersion | null;
}
