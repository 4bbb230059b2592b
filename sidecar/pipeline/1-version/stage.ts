import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Code, Dataset, DatasetKind, DatasetVersion } from '../../contract/dataset.ts';
import { isBuiltIn } from '../../datasets/built-in.ts';
import type { FetchOrder } from '../../datasets/fetch-built-in.ts';
import type { Hash } from '../../contract/ids.ts';
import { classEmpty, datasetEmpty, versionMissing } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import { ignoreData } from '../../versions/dvc/gitignore.ts';
import { pointerPath } from '../../versions/dvc/pointer.ts';
import { writePointer, type PointedData } from '../../versions/dvc/write-pointer.ts';
import { realPath, resolveData } from '../../versions/inside.ts';
import type { Objects } from '../../versions/objects.ts';
import type { RestorePlace } from '../../versions/working/recover.ts';
import { partOf, type Job, type JobContext } from '../job.ts';
import { done, held, type Stage, type Start } from '../stage.ts';
import { checkVersion, type CheckNeeds } from './check-version.ts';
import type { SnapshotInput, SnapshotOutput } from './job.ts';

export interface VersionNeeds {
  readonly snapshot: Job<SnapshotInput, SnapshotOutput>;
  /** Brings a built-in data set and gives the folder with its files. */
  readonly fetch: Job<FetchOrder, string>;
  /** Where downloads of all workspaces are kept. */
  readonly cacheFolder: string;
  readonly catalog: DatasetCatalog;
  readonly objects: Pick<Objects, 'put'>;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly unfinished: RestorePlace;
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

export interface VersionStageNeeds extends VersionNeeds, CheckNeeds {
  /** The version that a file of DVC names for this path, taken into the catalog; null when none does. */
  readonly adopt: (path: string) => Promise<DatasetVersion | null>;
}

/**
 * Gives the data on disk its version, or finds the one that is pinned. It always looks: unchanged files are known by
 * their stat, so that looking is fast. A version that breaks a blocking check of `data.checks` holds the run.
 * Data that is not on disk is read from the version that its pointer names, as DVC users have it before a checkout.
 */
export const createVersionStage = (needs: VersionStageNeeds): Stage<Start, { dataset: Dataset }> => ({
  name: 'version',
  key: () => null,
  run: async ({ root, training }, context) => {
    const { path, version } = parseReference(training.data.dataset);
    const checked = async (dataset: Dataset, note: string) => {
      const reasons = await checkVersion({ root, dataset: dataset.dataset, data: training.data }, needs, context);
      return reasons.length === 0 ? done({ dataset }, note) : held({ dataset }, reasons);
    };
    if (version !== null) {
      const dataset = findPinned(path, version, needs.catalog);
      const code = await storeCode(root, dataset.path, needs);
      return checked({ dataset, code }, `${nameVersion(dataset)}, pinned`);
    }
    const absent = isBuiltIn(path) || isThere(root, path) ? null : await needs.adopt(path);
    if (absent !== null) {
      const code = await storeCode(root, absent.path, needs);
      const note = `${nameVersion(absent)}, as its file of DVC names it`;
      context.log('info', `${absent.path} is not on disk: ${note}. Nothing is written there.`);
      return checked({ dataset: absent, code }, note);
    }
    const strict = training.training.engine !== 'command';
    const source = training.data.source ?? null;
    const { dataset, code, created } = await versionData({ root, path, source, strict }, needs, context);
    return checked({ dataset, code }, describe(dataset, created));
  },
});

const isThere = (root: string, path: string): boolean => realPath(join(root, path)) !== null;

interface VersionOrder {
  readonly root: string;
  /** Relative to the workspace, or the name of a built-in data set. */
  readonly path: string;
  /** Where a built-in data set comes from; null for its home. */
  readonly source: string | null;
  /** Refuse class folders without pictures. */
  readonly strict: boolean;
}

/** Versions the data at `path`: objects, catalog entry, pointer and `.gitignore`. Equal bytes keep their version. */
export const versionData = async (order: VersionOrder, needs: VersionNeeds, context: JobContext) => {
  const { root, strict } = order;
  const place = await locate(order, needs, context);
  const code = await storeCode(root, place.path, needs);
  const { dataFolder, indexes, unfinished } = needs;
  const known = needs.catalog.list().map(({ hash }) => hash);
  const taken = await needs.snapshot({ ...place.on, dataFolder, indexes, unfinished, known }, place.context);
  const { version, files, bytes } = taken.pointed;
  if (files === 0) throw datasetEmpty(place.path);
  const kind = taken.kind ?? needs.catalog.findByHash(version)?.kind ?? 'files';
  noteLeftOut(taken, kind, { path: place.path, strict }, context);
  const entry = await catalogue({ root, path: place.path, hash: version, kind, files, bytes, code }, needs);
  if (!isBuiltIn(order.path)) await leavePointer(root, place.path, taken.pointed, needs, context);
  if (entry.created) needs.announce(entry.dataset);
  return { ...entry, code };
};

interface CatalogOrder {
  readonly root: string;
  readonly path: string;
  readonly hash: Hash;
  readonly kind: DatasetKind;
  readonly files: number;
  readonly bytes: number;
}

/** Takes a version that is stored already into the catalog; equal bytes keep their version. */
export const recordVersion = async (order: CatalogOrder, needs: VersionNeeds): Promise<DatasetVersion> => {
  const code = await storeCode(order.root, order.path, needs);
  const { dataset, created } = await catalogue({ ...order, code }, needs);
  if (created) needs.announce(dataset);
  return dataset;
};

const catalogue = async (
  { root, path, ...version }: CatalogOrder & { readonly code: Code },
  { catalog, clock, author }: VersionNeeds,
) => catalog.add({ ...version, path, pointer: pointerPath(path), createdAt: clock(), author: await author(root) });

interface Located {
  /** How the data set is known: tidied path, or the name of a built-in one. */
  readonly path: string;
  /** Where its files lie: the workspace, or the folder that holds what was fetched. */
  readonly on: { readonly root: string; readonly path: string };
  readonly context: JobContext;
}

/** Share of the progress that belongs to fetching. */
const FETCHING = 0.8;

const locate = async (
  { root, path, source }: VersionOrder,
  needs: VersionNeeds,
  context: JobContext,
): Promise<Located> => {
  if (!isBuiltIn(path)) {
    const place = resolveData(root, path);
    return { path: place.path, on: { root, path: place.path }, context };
  }
  const { cacheFolder } = needs;
  const fetched = await needs.fetch({ name: path, source, root, cacheFolder }, partOf(context, 0, FETCHING));
  const folder = realpathSync(fetched);
  return {
    path,
    on: { root: dirname(folder), path: basename(folder) },
    context: partOf(context, FETCHING, 1),
  };
};

/** What stays in the workspace beside the data: the pointer, and a line in `.gitignore`. */
const leavePointer = async (
  root: string,
  path: string,
  pointed: PointedData,
  needs: VersionNeeds,
  { log }: JobContext,
) => {
  if (!writePointer(root, path, pointed)) {
    log('warn', `${pointerPath(path)} was made by something else than \`dvc add\`; it was left as it is.`);
  }
  if (await needs.isUnguarded(root, path)) ignoreData(root, path);
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

const noteLeftOut = (
  { emptyFolders, repositories }: SnapshotOutput,
  kind: DatasetKind,
  { path, strict }: Pick<VersionOrder, 'path' | 'strict'>,
  { log }: JobContext,
): void => {
  for (const folder of repositories) log('warn', `${path}/${folder} is a DVC repository of its own, and is left out.`);
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
