import type { ComparedFilePage, DataComparison, DataDifference, DataSide } from '../../contract/data-difference.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import { openDifferences, type FilePage } from '../../datasets/difference/kept-differences.ts';
import { toMarkdown } from '../../datasets/difference/markdown.ts';
import { dataUnknown, pointerOfOtherData } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import type { Job, JobContext } from '../job.ts';
import { differencesFolder, type CompareDataInput, type ResolvedSide } from './compare-job.ts';

export interface ComparisonDeskNeeds {
  readonly root: string;
  readonly catalog: Pick<DatasetCatalog, 'list' | 'find'>;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly indexes: string;
  readonly derived: string;
  readonly compare: Job<CompareDataInput, DataDifference>;
  /** Text of a file at a commit or in the index of Git; null where it is not. */
  readonly readFromGit: (root: string, revision: string | null, path: string) => Promise<string | null>;
  /** The versions that the text of a pointer names, from wherever they can be had. */
  readonly adoptText: (text: string, pointer: string) => Promise<DatasetVersion[]>;
  /** Pointers that differ between two commits, or one and the index. */
  readonly changedPointers: (root: string, from: string, to: string | null) => Promise<string[]>;
  /** `data.target` of the configuration that trains on the data; null without one. */
  readonly targetOf: (data: { readonly path: string; readonly name: string }) => string | null;
  readonly context: JobContext;
}

/** What a person does with differences of data. */
export interface ComparisonDesk {
  /** @throws Fault `dataset-missing`, `version-missing`, `request-invalid`, `store-damaged` */
  readonly compare: (request: DataComparison) => Promise<DataDifference>;
  /** @throws Fault `version-missing` for one that was never computed, or long ago */
  /** Paths of the data sets that may differ: by their pointers, or all where a side is no state of the repository. */
  readonly changed: (sides: { readonly from: DataSide; readonly to: DataSide }) => Promise<string[]>;
  readonly files: (id: Hash, page: FilePage) => ComparedFilePage;
  readonly describe: (id: Hash) => string;
}

export const createComparisonDesk = (needs: ComparisonDeskNeeds): ComparisonDesk => {
  const kept = openDifferences(differencesFolder(needs.derived));
  return {
    files: kept.files,
    changed: async ({ from, to }) => {
      if (from.kind !== 'commit' || (to.kind !== 'commit' && to.kind !== 'index')) {
        return [...new Set(needs.catalog.list().map(({ path }) => path))];
      }
      const pointers = await needs.changedPointers(needs.root, from.revision, to.kind === 'index' ? null : to.revision);
      return pointers.map((pointer) => pointer.replace(/\.dvc$/, ''));
    },
    describe: (id) => toMarkdown(kept.get(id)),
    compare: async ({ data, from, to, key, target }) => {
      const { root, dataFolder, indexes, derived, context } = needs;
      const place = placeOf(data, needs.catalog.list());
      const sides = { from: await resolve(from, place, needs), to: await resolve(to, place, needs) };
      const names = { key, target: target ?? null, likelyTarget: needs.targetOf(place) };
      const input = { root, path: place.path, dataFolder, indexes, derived, data: place.name, ...names };
      return needs.compare({ ...input, ...sides }, context);
    },
  };
};

interface Place {
  readonly name: string;
  readonly path: string;
}

/** `images`, `data/images`, `./data/images/` and `data/images.dvc` are one data set. */
const placeOf = (data: string, versions: readonly DatasetVersion[]): Place => {
  const path = data
    .replace(/^\.\//, '')
    .replace(/\/+$/, '')
    .replace(/\.dvc$/, '');
  const found = versions.find((one) => one.path === path) ?? versions.find(({ name }) => name === path);
  if (found !== undefined) return { name: found.name, path: found.path };
  if (path === '' || path.split('/').includes('..')) throw dataUnknown(data, namesOf(versions));
  return { name: path.slice(path.lastIndexOf('/') + 1), path };
};

const namesOf = (versions: readonly DatasetVersion[]): string[] => [...new Set(versions.map(({ name }) => name))];

const resolve = (side: DataSide, place: Place, needs: ComparisonDeskNeeds): ResolvedSide | Promise<ResolvedSide> => {
  switch (side.kind) {
    case 'disk':
      return { label: 'disk', side, version: null, createdAt: null, author: null, state: 'disk' };
    case 'version':
      return versionSide(`v${side.version}`, side, needs.catalog.find(place.name, side.version));
    case 'index':
      return gitSide('staged', side, place, needs);
    case 'commit':
      return gitSide(side.revision, side, place, needs);
  }
};

const versionSide = (label: string, side: DataSide, version: DatasetVersion): ResolvedSide => ({
  label,
  side,
  version: version.version,
  createdAt: version.createdAt,
  author: version.author,
  state: version.hash,
});

const gitSide = async (
  label: string,
  side: DataSide & { readonly kind: 'commit' | 'index' },
  { path }: Place,
  { root, readFromGit, adoptText }: ComparisonDeskNeeds,
): Promise<ResolvedSide> => {
  const pointer = `${path}.dvc`;
  const text = await readFromGit(root, side.kind === 'index' ? null : side.revision, pointer);
  if (text === null) {
    return { label: `${label} (no data)`, side, version: null, createdAt: null, author: null, state: null };
  }
  const version = (await adoptText(text, pointer)).find((one) => one.path === path);
  if (version === undefined) throw pointerOfOtherData(pointer, path);
  return versionSide(`${label} (v${version.version})`, side, version);
};
