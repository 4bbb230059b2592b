import {
  KEPT_DAYS,
  type DataCollection,
  type DataUse,
  type ForgottenData,
  type KeptCollection,
  type StoreCheck,
} from '../../contract/data-upkeep.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Hash, RunId } from '../../contract/ids.ts';
import type { RemoteCollection } from '../../contract/remote.ts';
import type { ModelEntry } from '../../contract/model.ts';
import { versionInUse } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import { findTrackedData } from '../../versions/dvc/tracked-data.ts';
import { findRemote, readRemotes } from '../../versions/remotes/config/dvc-config.ts';
import type { Environment } from '../../versions/remotes/config/environment.ts';
import type { Depth } from '../../versions/store/verify.ts';
import type { Root } from '../../versions/tree/mark.ts';
import type { Job, JobContext } from '../job.ts';
import type { VerifyStoreInput } from './verify-store-job.ts';
import type { CollectInput, StoreCollection } from './collect-job.ts';
import type { CollectKeptInput } from './collect-kept-job.ts';
import type { CollectRemoteInput } from './collect-remote-job.ts';
import type { ForgetRemoteInput } from './forget-remote-job.ts';
import type { RemotePlace } from './remote-place.ts';

export interface UpkeepNeeds {
  readonly root: string;
  readonly dataFolder: string;
  /** Folder of what restores have replaced. */
  readonly kept: string;
  /** Where keys of the remote may stand. */
  readonly environment: Environment;
  readonly catalog: DatasetCatalog;
  /** Runs that were made of a version, newest first. */
  readonly runsOf: (version: Hash) => RunId[];
  readonly models: () => ModelEntry[];
  /** Every line that ever stood in these files, as far as Git still knows. */
  readonly linesOfHistory: (root: string, files: string) => Promise<{ path: string; text: string }[]>;
  readonly collect: Job<CollectInput, StoreCollection>;
  readonly collectKept: Job<CollectKeptInput, KeptCollection>;
  readonly verify: Job<VerifyStoreInput, StoreCheck>;
  readonly collectRemote: Job<CollectRemoteInput, RemoteCollection>;
  readonly forgetRemote: Job<ForgetRemoteInput, null>;
  readonly context: JobContext;
  readonly clock: () => number;
}

/** What keeps the store of data versions small and whole. */
export interface UpkeepDesk {
  /**
   * Removes stored bytes that no version needs: none of the catalog, and none that a pointer on disk or anywhere in
   * Git names; and what restores have kept for long. @throws Fault `store-damaged` when it is not known for sure what is
   * needed
   */
  readonly collect: (request: { dryRun: boolean; graceHours: number }) => Promise<DataCollection>;
  /**
   * Removes what restores have replaced and kept.
   * @param request with the days after which it goes, unless the editors that are here now may still offer to undo it;
   * null for all of it at once
   */
  readonly collectKept: (request: { dryRun: boolean; days: number | null }) => Promise<KeptCollection>;
  readonly verify: (request: { depth: Depth; repair: boolean }) => Promise<StoreCheck>;
  /** What was made of a version. */
  readonly uses: (version: Hash) => DataUse;
  /** Lets go of a version of the catalog. @throws Fault `version-missing`, or `version-in-use` by a run or a model */
  readonly forget: (request: VersionRequest) => Promise<ForgottenData>;
  /** Removes packs from a remote that no version on its lists needs. @throws Fault `remote-…` */
  readonly collectRemote: (
    request: RemoteRequest & { dryRun: boolean; graceHours: number },
  ) => Promise<RemoteCollection>;
  /**
   * Takes a version off the list of a remote; here it stays.
   * @throws Fault `version-missing`, `version-in-use` by a run or a model, `remote-lacks-version`, other `remote-…`
   */
  readonly forgetRemote: (request: RemoteRequest & VersionRequest) => Promise<ForgottenData>;
}

interface VersionRequest {
  readonly dataset: string;
  readonly version: number;
  /** Only say whether it can be, and what then still names it. */
  readonly dryRun: boolean;
}

interface RemoteRequest {
  /** The default one where it is left out. */
  readonly remote?: string | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const createUpkeepDesk = (needs: UpkeepNeeds): UpkeepDesk => {
  const { root, dataFolder, kept, catalog, environment, context, clock } = needs;
  // Whoever offers to undo a restore has asked this process for it.
  const openedAt = clock();
  const placeOf = (remote: string | undefined): RemotePlace => ({
    remote: findRemote(root, environment, remote ?? null),
    environment,
    dataFolder,
  });
  /** @returns whether a pointer names it */
  const letGo = async (
    { dataset, version }: Omit<VersionRequest, 'dryRun'>,
    act: (found: DatasetVersion) => Promise<void> | void,
  ): Promise<ForgottenData> => {
    const found = catalog.find(dataset, version);
    const users = sayUses(usesOf(found.hash, needs));
    if (users.length > 0) throw versionInUse(`${found.name}@v${version}`, users);
    const named = await pointedVersions(needs);
    await act(found);
    return { dataset: found.name, version, stillNamed: named.some((pointed) => pointed.version === found.hash) };
  };
  const collectKept: UpkeepDesk['collectKept'] = ({ dryRun, days }) => {
    const before = days === null ? null : clock() - days * DAY_MS;
    return needs.collectKept({ kept, before, undoableSince: openedAt, dryRun }, context);
  };
  return {
    collect: async ({ dryRun, graceHours }) => {
      const roots = [...catalog.list().map(toRoot), ...(await pointedVersions(needs))];
      const graceMs = graceHours * HOUR_MS;
      const collected = await needs.collect({ dataFolder, roots, graceMs, dryRun, now: clock() }, context);
      return { ...collected, kept: await collectKept({ dryRun, days: KEPT_DAYS }) };
    },
    collectKept,
    verify: ({ depth, repair }) => {
      const versions = catalog.list().map((dataset) => ({ ...toRoot(dataset), path: dataset.path }));
      const remote = repair ? remoteOf(needs) : null;
      return needs.verify({ root, dataFolder, versions, depth, repair, remote, now: clock() }, context);
    },
    uses: (version) => usesOf(version, needs),
    forget: (request) =>
      letGo(request, ({ name, version }) => {
        if (!request.dryRun) catalog.forget(name, version, clock());
      }),
    collectRemote: ({ remote, dryRun, graceHours }) =>
      needs.collectRemote({ ...placeOf(remote), dryRun, graceMs: graceHours * HOUR_MS }, context),
    forgetRemote: ({ remote, dryRun, ...request }) =>
      letGo(request, async ({ path, hash }) => {
        await needs.forgetRemote({ ...placeOf(remote), path, version: hash, dryRun }, context);
      }),
  };
};

/** The remote that is chosen, or the only one. */
const remoteOf = ({ root, dataFolder, environment }: UpkeepNeeds): RemotePlace | null => {
  const { all, chosen } = readRemotes(root, environment);
  const remote = all.find(({ name }) => name === chosen) ?? (all.length === 1 ? all[0] : undefined);
  return remote === undefined ? null : { remote, environment, dataFolder };
};

const toRoot = ({ hash, name, version }: DatasetVersion): Root => ({ version: hash, name: `${name}@v${version}` });

const usesOf = (version: Hash, { runsOf, models }: UpkeepNeeds): DataUse => ({
  runs: runsOf(version),
  models: models()
    .filter(({ dataset }) => dataset.hash === version)
    .map(({ name, version: number }) => ({ name, version: number })),
});

const sayUses = ({ runs, models }: DataUse): string[] => [
  ...runs.map((id) => `run ${id}`),
  ...models.map(({ name, version }) => `model ${name} v${version}`),
];

/** As pointers note versions; one that is stale counts too, since keeping more is safe. */
const noted = /\btree: *['"]?b3:([0-9a-f]{64})/;

/** Versions that pointers name: on disk, in the index and in all that Git still reaches. */
const pointedVersions = async ({ root, linesOfHistory }: UpkeepNeeds): Promise<Root[]> => {
  const committed = (await linesOfHistory(root, '*.dvc')).flatMap(({ path, text }) => {
    const version = noted.exec(text)?.[1];
    return version === undefined ? [] : [{ version: version as Hash, name: `${path} in Git` }];
  });
  const onDisk = findTrackedData(root).data.flatMap(({ file, version }) =>
    version === null ? [] : [{ version, name: file }],
  );
  return [...committed, ...onDisk];
};
