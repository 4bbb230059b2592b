import { basename } from 'node:path';
import type { Code, Dataset, DatasetVersion } from '../../contract/dataset.ts';
import { classEmpty, datasetEmpty, versionMissing } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import { ignoreData } from '../../versions/gitignore.ts';
import { resolveData } from '../../versions/inside.ts';
import { parseManifest } from '../../versions/manifest.ts';
import type { Objects } from '../../versions/objects.ts';
import { pointerPath, writePointer } from '../../versions/pointer.ts';
import type { Job, JobContext } from '../job.ts';
import { done, type Stage, type Start } from '../stage.ts';
import type { SnapshotInput, SnapshotOutput } from './job.ts';

export interface VersionNeeds {
  readonly snapshot: Job<SnapshotInput, SnapshotOutput>;
  readonly catalog: DatasetCatalog;
  readonly objects: Pick<Objects, 'get' | 'put'>;
  readonly objectsFolder: string;
  readonly indexes: string;
  /** State of the user's repository without the data; `patch` is the text of what is not committed. */
  readonly describeCode: (
    root: string,
    dataPath: string,
  ) => Promise<Omit<Code, 'patch'> & { readonly patch: string | null }>;
  /** Whether Git would take up the data: it is in a repository, neither tracked nor ignored. */
  readonly isUnguarded: (root: string, path: string) => Promise<boolean>;
  readonly author: (root: string) => Promise<string>;
  readonly announce: (dataset: DatasetVersion) => void;
  readonly clock: () => number;
}

/**
 * Gives the data on disk its version, or finds the one that is pinned. It always looks: unchanged files are known by
 * their stat, so that looking is fast.
 */
export const createVersionStage = (needs: VersionNeeds): Stage<Start, { dataset: Dataset }> => ({
  name: 'version',
  key: () => null,
  run: async ({ root, training }, context) => {
    const { path, version } = parseReference(training.data.dataset);
    if (version !== null) {
      const dataset = findPinned(path, version, needs.catalog);
      const code = await storeCode(root, dataset.path, needs);
      return done({ dataset: { dataset, code } }, `${nameVersion(dataset)}, pinned`);
    }
    const strict = training.training.engine !== 'command';
    const { dataset, code, created } = await versionData({ root, path, strict }, needs, context);
    return done({ dataset: { dataset, code } }, describe(dataset, created));
  },
});

interface VersionOrder {
  readonly root: string;
  readonly path: string;
  /** Refuse class folders without pictures. */
  readonly strict: boolean;
}

/** Versions the data at `path`: objects, catalog entry, pointer and `.gitignore`. Equal bytes keep their version. */
export const versionData = async ({ root, path, strict }: VersionOrder, needs: VersionNeeds, context: JobContext) => {
  const place = resolveData(root, path);
  const code = await storeCode(root, place.path, needs);
  const { objectsFolder, indexes } = needs;
  const taken = await needs.snapshot({ root, path: place.path, objectsFolder, indexes }, context);
  if (taken.files === 0) throw datasetEmpty(place.path);
  noteEmptyFolders(taken, place.path, strict, context);
  const entry = needs.catalog.add({
    hash: taken.hash,
    kind: taken.kind,
    path: place.path,
    pointer: pointerPath(place.path),
    files: taken.files,
    bytes: taken.bytes,
    createdAt: needs.clock(),
    author: await needs.author(root),
    code,
  });
  if (!writePointer(root, place.path, parseManifest(needs.objects.get(taken.hash)))) {
    context.log(
      'warn',
      `${pointerPath(place.path)} was made by something else than \`dvc add\`; it was left as it is.`,
    );
  }
  if (await needs.isUnguarded(root, place.path)) ignoreData(root, place.path);
  if (entry.created) needs.announce(entry.dataset);
  return { ...entry, code };
};

/** Describes the code and keeps its patch as an object. */
const storeCode = async (root: string, dataPath: string, { describeCode, objects }: VersionNeeds): Promise<Code> => {
  const { commit, branch, dirty, patch } = await describeCode(root, dataPath);
  return { commit, branch, dirty, patch: patch === null ? null : objects.put(Buffer.from(patch)) };
};

/** `data/raw/images@v3` → the path and 3. */
const parseReference = (reference: string): { path: string; version: number | null } => {
  const match = /^(.+)@v?(\d+)$/.exec(reference);
  return match === null ? { path: reference, version: null } : { path: match[1] ?? '', version: Number(match[2]) };
};

const findPinned = (reference: string, version: number, catalog: DatasetCatalog): DatasetVersion => {
  const path = reference.replace(/^\.\//, '').replace(/\/+$/, '');
  const all = catalog.list();
  const there = all.filter((dataset) => dataset.path === path);
  const known = there.length > 0 ? there : all.filter((dataset) => dataset.name === path);
  const found = known.find((dataset) => dataset.version === version);
  if (found !== undefined) return found;
  throw versionMissing(
    basename(path),
    `v${version}`,
    known.map((dataset) => `v${dataset.version}`),
  );
};

const noteEmptyFolders = (
  { kind, emptyFolders }: SnapshotOutput,
  path: string,
  strict: boolean,
  { log }: JobContext,
): void => {
  const [first] = emptyFolders;
  if (first === undefined) return;
  if (strict && kind === 'image-folder') throw classEmpty(first, path);
  log('warn', `${emptyFolders.length} empty folders are in no version: ${emptyFolders.slice(0, 3).join(', ')}.`);
};

const nameVersion = ({ name, version }: DatasetVersion): string => `${name} v${version}`;

const describe = (dataset: DatasetVersion, created: boolean): string =>
  created
    ? `${nameVersion(dataset)}, ${dataset.files.toLocaleString('en')} files`
    : `${nameVersion(dataset)}, unchanged`;
