import type { ApiNeeds } from './api.ts';
import type { DatasetVersion } from './contract/dataset.ts';
import { cacheFolder } from './fetch/cache-folder.ts';
import type { Log } from './log.ts';
import { createBranchDesk } from './pipeline/1-version/branch-desk.ts';
import { createCheckDesk } from './pipeline/1-version/check-desk.ts';
import type { CheckNeeds } from './pipeline/1-version/check-version.ts';
import { createComparisonDesk } from './pipeline/1-version/comparison-desk.ts';
import { createDatasetDesk } from './pipeline/1-version/desk.ts';
import { createDvcDesk } from './pipeline/1-version/dvc-desk.ts';
import { createRemoteDesk } from './pipeline/1-version/remote-desk.ts';
import type { VersionNeeds, VersionStageNeeds } from './pipeline/1-version/stage.ts';
import { createUpkeepDesk } from './pipeline/1-version/upkeep-desk.ts';
import type { Announcements } from './runs/announce.ts';
import type { ModelStore } from './store/models.ts';
import type { RunStore } from './store/runs.ts';
import { openMergeStates } from './versions/branches/merge-state.ts';
import type { DatasetCatalog } from './versions/catalog.ts';
import { openDataStore } from './versions/data-store.ts';
import type { Objects } from './versions/objects.ts';
import { pointedVersion } from './versions/pointed-version.ts';
import { dvcCacheFolder } from './versions/remotes/config/dvc-config.ts';
import { recoverRestores } from './versions/working/recover.ts';
import { callContext } from './work/call-context.ts';
import { remoteEnvironment } from './work/child-environment.ts';
import { remoteJob } from './work/remote-job.ts';
import { createGate, createTurns } from './work/turns.ts';
import { branchTips } from './workspace/branch-tips.ts';
import { listTrainings, namesData, placeOfSetting, requireTrainings, targetOf } from './workspace/configurations.ts';
import {
  authorOf,
  changedPointers,
  commonAncestor,
  describeCode,
  isUnguarded,
  linesOfHistory,
  pointersAt,
  readFromGit,
  stagedPointers,
} from './workspace/git.ts';
import type { Layout } from './workspace/layout.ts';

export interface DataNeeds {
  readonly layout: Layout;
  readonly stores: {
    readonly datasets: DatasetCatalog;
    readonly runs: Pick<RunStore, 'ofData'>;
    readonly models: Pick<ModelStore, 'list'>;
  };
  readonly objects: Pick<Objects, 'put'>;
  readonly announce: Announcements['announce'];
  /** Who writes a version where Git names nobody. */
  readonly user: string;
  readonly clock: () => number;
  readonly log: Log;
}

/** Everything that knows of data versions, made and joined. */
export interface Data {
  readonly stage: VersionStageNeeds;
  readonly desks: Pick<ApiNeeds, 'datasets' | 'checks' | 'dvc' | 'remotes' | 'branches' | 'comparisons' | 'upkeep'>;
  /** The version that a pointer on disk names, as far as it is known here. */
  readonly pointedBy: (pointer: string) => DatasetVersion | null;
  /** Completes or undoes restores that were interrupted. */
  readonly recover: () => void;
}

/** Puts together what a workspace does with versions of data: the needs of their stage, and a desk for each of the API's parts. */
export const composeData = (needs: DataNeeds): Data => {
  const { layout, stores, log } = needs;
  const { root, data: dataFolder, indexes, derived } = layout;
  const catalog = stores.datasets;
  const store = openDataStore(dataFolder);
  // What reads or writes the user's data does so alone: a version of half a restore would be none.
  const inTurn = createTurns();
  // A transfer relies on packs that a collection could take away under its hands.
  const packs = createGate();
  const context = callContext((level, text) => log[level](text));
  const environment = remoteEnvironment();
  const version = versionNeedsOf(needs, inTurn);
  const check: CheckNeeds = { check: remoteJob('check-data'), dataFolder, indexes, derived };

  const dvc = createDvcDesk({
    ...version,
    root,
    store,
    cacheOf: () => dvcCacheFolder(root, process.env),
    importVersion: remoteJob('import'),
    writeCache: remoteJob('write-cache'),
    context,
  });
  const datasets = createDatasetDesk({
    ...version,
    root,
    kept: layout.kept,
    store,
    status: inTurn(remoteJob('status')),
    restore: inTurn(remoteJob('restore')),
    undoRestore: inTurn(remoteJob('undo-restore')),
    verify: remoteJob('verify'),
    difference: remoteJob('difference'),
    context,
  });
  const checks = createCheckDesk({
    ...check,
    root,
    catalog,
    trainings: (concerns) => requireTrainings(root, process.env, concerns),
    namesData,
    placeOf: (configuration, path) => placeOfSetting(root, configuration, path),
    staged: stagedPointers,
    adoptText: dvc.adoptText,
    context,
  });
  const remotes = createRemoteDesk({
    root,
    dataFolder,
    environment,
    catalog,
    restore: datasets.restore,
    push: packs.beside(remoteJob('push')),
    fetchVersion: packs.beside(remoteJob('fetch-version')),
    remoteVersions: remoteJob('remote-versions'),
    dvcPush: packs.beside(remoteJob('dvc-push')),
    dvcPull: packs.beside(remoteJob('dvc-pull')),
    refuseBroken: checks.refuseBroken,
    announce: version.announce,
    author: version.author,
    clock: needs.clock,
    context,
  });
  const branches = createBranchDesk({
    ...version,
    root,
    store,
    states: openMergeStates(layout.merges),
    merge: remoteJob('merge'),
    adopt: dvc.adoptOutput,
    restore: datasets.restore,
    status: datasets.status,
    refuseBroken: checks.refuseBroken,
    branchTips,
    commonAncestor,
    pointersAt,
    changedPointers,
    readFromGit,
    context,
  });
  const comparisons = createComparisonDesk({
    root,
    catalog,
    dataFolder,
    indexes,
    derived,
    compare: remoteJob('compare-data'),
    readFromGit,
    changedPointers,
    adoptText: dvc.adoptText,
    targetOf: (data) => targetOf(listTrainings(root, process.env), data),
    context,
  });
  const upkeep = createUpkeepDesk({
    root,
    dataFolder,
    kept: layout.kept,
    environment,
    catalog,
    runsOf: stores.runs.ofData,
    models: stores.models.list,
    linesOfHistory,
    // Without grace a collection must not meet a snapshot; a repair writes packs, and reads the user's files.
    collect: packs.alone(inTurn(remoteJob('collect-data'))),
    collectKept: inTurn(remoteJob('collect-kept')),
    verify: inTurn(remoteJob('verify-data')),
    collectRemote: packs.beside(remoteJob('collect-remote')),
    forgetRemote: remoteJob('forget-remote'),
    context,
    clock: needs.clock,
  });
  return {
    stage: { ...version, ...check, adopt: dvc.find },
    desks: { datasets, checks, dvc, remotes, branches, comparisons, upkeep },
    pointedBy: (pointer) => pointedVersion({ root, pointer, versions: catalog.list(), store }),
    recover: () => recoverRestores(version.unfinished, context.log),
  };
};

/** What everything needs that gives data a version. */
const versionNeedsOf = (
  { layout, stores, objects, announce, user, clock }: DataNeeds,
  inTurn: ReturnType<typeof createTurns>,
): VersionNeeds => ({
  snapshot: inTurn(remoteJob('snapshot')),
  fetch: remoteJob('fetch'),
  cacheFolder: cacheFolder(),
  catalog: stores.datasets,
  objects,
  dataFolder: layout.data,
  indexes: layout.indexes,
  unfinished: { root: layout.root, restoring: layout.restoring },
  describeCode,
  isUnguarded,
  author: (root) => authorOf(root, user),
  announce: (dataset) => announce({ type: 'datasetVersioned', dataset }),
  clock,
});
