import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DataCheck } from './contract/data-check.ts';
import type { MergedData } from './contract/data-merge.ts';
import type { ComparedFilePage, DataDifference, FileChangeKind } from './contract/data-difference.ts';
import type { DatasetDifference, DatasetStatus, DatasetVersion } from './contract/dataset.ts';
import type { Device } from './contract/device.ts';
import type { Greeting } from './contract/greeting.ts';
import type { AliasMove } from './contract/model.ts';
import type { Hash } from './contract/ids.ts';
import type { Remote } from './contract/remote.ts';
import { RunSummary, type Curve, type Run } from './contract/run.ts';
import type { Api, Finding, RouteReply, RouteRequest } from './contract/routes.ts';
import type { Training } from './contract/training.ts';
import { deviceMissing, engineMissing, fileNotWritable, modelMissing, runNotResumable, type Fault } from './faults.ts';
import type { Announcements } from './runs/announce.ts';
import type { CompareInput } from './runs/compare-job.ts';
import { decimate, systemPrefix } from './runs/curves.ts';
import type { Leases } from './runs/leases.ts';
import { readRunLog } from './runs/run-log.ts';
import type { RunRequest } from './runs/run-request.ts';
import type { Runs } from './runs/runs.ts';
import type { MetricStore } from './store/metrics.ts';
import type { ModelStore, MoveRequest } from './store/models.ts';
import type { RunStore } from './store/runs.ts';
import type { DataWatch } from './workspace/watch-data.ts';
import type { Layout } from './workspace/layout.ts';
import { pathInside } from './versions/inside.ts';

/** Configuration files, as far as the API needs them. */
export interface Configurations {
  readonly validate: (request: RouteRequest<'validateConfiguration'>) => RouteReply<'validateConfiguration'>;
  /** @throws Fault `configuration-invalid`, `configuration-missing` or `not-in-this-version` */
  readonly load: (
    path: string,
    overrides: Readonly<Record<string, string>>,
  ) => Pick<RunRequest, 'training' | 'experiment'>;
  /** @throws Fault `not-in-this-version` for what the schema knows and this version cannot do. */
  readonly refuseUnsupported: (request: Pick<RunRequest, 'training'>, path: string) => void;
}

/** Data versions, as far as the API needs them. */
export interface Datasets {
  readonly list: () => DatasetVersion[];
  /** Announces a version that is new. */
  readonly version: (path: string) => Promise<DatasetVersion>;
  readonly difference: (name: string, from: number, to: number | 'disk') => Promise<DatasetDifference>;
  readonly status: (dataset: string) => Promise<DatasetStatus>;
  readonly restore: (request: RouteRequest<'restoreDataset'>) => Promise<RouteReply<'restoreDataset'>>;
  readonly undo: (request: RouteRequest<'undoRestore'>) => Promise<RouteReply<'undoRestore'>>;
  readonly verify: (request: RouteRequest<'verifyDataset'>) => Promise<RouteReply<'verifyDataset'>>;
}

/** Differences of data, as far as the API needs them. */
export interface Comparisons {
  readonly compare: (request: RouteRequest<'compareData'>) => Promise<DataDifference>;
  readonly changed: (request: RouteRequest<'listChangedData'>) => Promise<string[]>;
  readonly files: (
    id: Hash,
    page: { readonly change: FileChangeKind | null; readonly offset: number; readonly limit: number },
  ) => ComparedFilePage;
  /** As Markdown. */
  readonly describe: (id: Hash) => string;
}

/** Checks of data, as far as the API needs them. */
export interface Checks {
  readonly check: (request: { readonly path?: string | undefined }) => Promise<DataCheck[]>;
  /** @param index file of the index of Git; null for the usual one */
  readonly checkStaged: (index: string | null) => Promise<DataCheck[]>;
}

/** What DVC and we do for each other, as far as the API needs it. */
export interface DvcData {
  readonly list: () => RouteReply<'listTrackedData'>;
  readonly adopt: (path: string) => Promise<DatasetVersion>;
  readonly hand: (dataset: string, version: number) => Promise<RouteReply<'exportToDvc'>>;
}

/** Data of branches, as far as the API needs it. */
export interface Branches {
  readonly others: () => Promise<RouteReply<'listDataBranches'>>;
  readonly merge: (request: RouteRequest<'mergeData'>) => Promise<RouteReply<'mergeData'>>;
  readonly open: () => Promise<RouteReply<'listMerges'>>;
  readonly resolve: (request: RouteRequest<'resolveData'>) => Promise<MergedData>;
  readonly abandon: (data: string) => void;
  readonly revert: (request: RouteRequest<'revertData'>) => Promise<MergedData>;
  readonly mergePointers: (request: RouteRequest<'mergePointers'>) => Promise<RouteReply<'mergePointers'>>;
  readonly follow: (restore: boolean) => Promise<RouteReply<'checkPointers'>>;
}

/** What keeps the store of data versions small and whole. */
export interface Upkeep {
  readonly collect: (request: RouteRequest<'collectData'>) => Promise<RouteReply<'collectData'>>;
  readonly collectKept: (request: RouteRequest<'collectKept'>) => Promise<RouteReply<'collectKept'>>;
  readonly verify: (request: RouteRequest<'verifyData'>) => Promise<RouteReply<'verifyData'>>;
  readonly uses: (version: Hash) => RouteReply<'listDataUse'>;
  readonly forget: (request: RouteRequest<'forgetData'>) => Promise<RouteReply<'forgetData'>>;
  readonly collectRemote: (request: RouteRequest<'collectRemote'>) => Promise<RouteReply<'collectRemote'>>;
  readonly forgetRemote: (request: RouteRequest<'forgetRemote'>) => Promise<RouteReply<'forgetRemote'>>;
}

/** Endpoints, as far as the API needs them. */
export interface EndpointDesk {
  readonly list: () => RouteReply<'listEndpoints'>;
  readonly open: (request: RouteRequest<'openEndpoint'> & { version: number }) => Promise<RouteReply<'openEndpoint'>>;
  readonly access: (endpoint: string) => RouteReply<'accessEndpoint'>;
  readonly close: (endpoint: string) => Promise<RouteReply<'closeEndpoint'>>;
  readonly drift: (endpoint: string) => RouteReply<'getDrift'>;
  /** The champion of a model has moved: what serves it follows. */
  readonly follow: (move: AliasMove) => Promise<void>;
}

/** Places that hold versions besides this workspace, as far as the API needs them. */
export interface Remotes {
  readonly list: () => Remote[];
  readonly add: (remote: RouteRequest<'addRemote'>) => Remote[];
  readonly remove: (name: string) => Remote[];
  readonly choose: (name: string) => Remote[];
  readonly state: (remote: string | undefined) => Promise<RouteReply<'remoteStatus'>>;
  readonly push: (request: RouteRequest<'pushData'>) => Promise<RouteReply<'pushData'>>;
  readonly fetch: (request: RouteRequest<'fetchData'>) => Promise<RouteReply<'fetchData'>>;
  readonly pull: (request: RouteRequest<'pullData'>) => Promise<RouteReply<'pullData'>>;
}

export interface ApiNeeds {
  readonly greeting: () => Greeting;
  readonly leases: Leases;
  readonly layout: Layout;
  readonly user: string;
  readonly clock: () => number;
  readonly announcements: Announcements;
  readonly configurations: Configurations;
  readonly devices: () => Promise<readonly Device[]>;
  readonly examine: () => Promise<Finding[]>;
  readonly runs: Runs;
  readonly compare: (input: Omit<CompareInput, 'objectsFolder'>) => Promise<RouteReply<'compareRuns'>>;
  readonly runStore: RunStore;
  readonly metrics: MetricStore;
  readonly models: ModelStore;
  readonly datasets: Datasets;
  readonly remotes: Remotes;
  readonly dataWatch: Pick<DataWatch, 'follow'>;
  readonly comparisons: Comparisons;
  readonly checks: Checks;
  readonly dvc: DvcData;
  readonly branches: Branches;
  readonly upkeep: Upkeep;
  readonly endpoints: EndpointDesk;
  readonly readObject: (hash: string) => Buffer;
  readonly stop: () => void;
}

/** What the sidecar does: one short function a route. */
export const createApi = (needs: ApiNeeds): Api => ({
  ...lifeRoutes(needs),
  ...runRoutes(needs),
  ...dataRoutes(needs),
  ...remoteRoutes(needs.remotes),
  ...comparisonRoutes(needs),
  ...branchRoutes(needs),
  ...upkeepRoutes(needs),
  ...modelRoutes(needs),
  ...endpointRoutes(needs),
});

type Part<Name extends keyof Api> = Pick<Api, Name>;

const lifeRoutes = (
  needs: ApiNeeds,
): Part<'hello' | 'renewLease' | 'releaseLease' | 'listDevices' | 'examine' | 'shutdown'> => ({
  hello: () => Promise.resolve(needs.greeting()),
  renewLease: ({ client }) => nothing(() => needs.leases.renew(client)),
  releaseLease: ({ client }) => nothing(() => needs.leases.release(client)),
  listDevices: async () => [...(await needs.devices())],
  examine: () => needs.examine(),
  shutdown: () => nothing(needs.stop),
});

const nothing = (act: () => void): Promise<Record<string, never>> => {
  act();
  return Promise.resolve({});
};

const runRoutes = (
  needs: ApiNeeds,
): Part<
  | 'validateConfiguration'
  | 'startRun'
  | 'resumeRun'
  | 'cancelRun'
  | 'listRuns'
  | 'getRun'
  | 'getCurves'
  | 'getLog'
  | 'compareRuns'
> => {
  const { runs, runStore, metrics, layout } = needs;
  const current = (run: Run): Run => runs.live(run.id) ?? run;
  const curve = (run: Run, name: string, pixels: number): Curve => {
    const points = metrics.curve(run.id, name);
    const thinned = decimate(
      points.map(({ step, value }) => [step, value] as const),
      pixels,
    );
    return { run: run.id, name, points: thinned, total: points.length };
  };
  const curvesOf = ({ runs: ids, names, pixels }: RouteRequest<'getCurves'>): Curve[] =>
    ids
      .map((id) => runStore.get(id))
      .flatMap((run) => (names ?? metrics.names(run.id)).map((name) => curve(run, name, pixels)));
  return {
    validateConfiguration: (request) => Promise.resolve(needs.configurations.validate(request)),
    startRun: async (request) => RunSummary.parse(needs.runs.start(await prepare(needs, request))),
    resumeRun: async (request) => RunSummary.parse(needs.runs.start(await prepareAgain(needs, request))),
    cancelRun: ({ run }) => Promise.resolve(RunSummary.parse(runs.cancel(run))),
    listRuns: (filter) => Promise.resolve(runStore.list(filter).map((run) => RunSummary.parse(current(run)))),
    getRun: ({ run }) => Promise.resolve(current(runStore.get(run))),
    getCurves: (request) => Promise.resolve(curvesOf(request)),
    getLog: ({ run, last }) => Promise.resolve(readRunLog(layout.run(runStore.get(run).id), last)),
    compareRuns: async ({ runs: ids }) => {
      const compared = ids.map((id) => current(runStore.get(id)));
      const curves = curvesOf({ runs: ids, pixels: 600 }).filter(({ name }) => !name.startsWith(systemPrefix));
      return needs.compare({ runs: compared, curves, dataDifferences: await dataDifferences(needs, compared) });
    },
  };
};

/** A request that can be run: the configuration is right, and the device is there, before anything is queued. */
const prepare = async (needs: ApiNeeds, request: RouteRequest<'startRun'>): Promise<RunRequest> => {
  const { configuration, overrides, until, fresh, promote } = request;
  const { training, experiment } = needs.configurations.load(configuration, overrides);
  await refuseMissingDevice(needs, training.training);
  needs.configurations.refuseUnsupported({ training }, configuration);
  return { configuration, experiment, training, overrides, until, fresh, promote, resume: false };
};

/** The same run once more, by the configuration as it ran and not as the file is now. */
const prepareAgain = async (needs: ApiNeeds, request: RouteRequest<'resumeRun'>): Promise<RunRequest> => {
  const { configuration, experiment, training, overrides, status, id } = needs.runStore.get(request.run);
  if (!resumable.includes(status)) throw runNotResumable(id, status);
  await refuseMissingDevice(needs, training.training);
  const { until, promote } = request;
  return { configuration, experiment, training, overrides, until, fresh: false, promote, resume: true };
};

const resumable: readonly Run['status'][] = ['interrupted', 'cancelled', 'failed'];

const refuseMissingDevice = async (needs: ApiNeeds, { engine, device: asked }: Training['training']): Promise<void> => {
  // A command chooses for itself. The CPU is always there for ONNX Runtime, and asking for all devices takes a moment.
  if (engine === 'command' || (engine === 'onnx' && asked === 'cpu')) return;
  const present = (await needs.devices()).filter((device) => device.engine === engine).map(({ id }) => id);
  if (present.length === 0) throw engineMissing(`engine: ${engine} is not installed.`);
  const there = asked === 'auto' || present.some((id) => id === asked || (asked === 'cuda' && id.startsWith('cuda')));
  if (!there) throw deviceMissing(asked, present);
};

const dataDifferences = async (needs: ApiNeeds, runs: readonly Run[]): Promise<Record<string, string>> => {
  const base = runs[0]?.nouns.dataset?.dataset;
  const said: Record<string, string> = {};
  for (const run of runs) {
    const dataset = run.nouns.dataset?.dataset;
    if (base === undefined || dataset === undefined || dataset.name !== base.name || dataset.hash === base.hash)
      continue;
    const { added, removed, changed } = await needs.datasets.difference(base.name, base.version, dataset.version);
    said[run.id] = `+${added} −${removed} ~${changed} files`;
  }
  return said;
};

const dataRoutes = ({
  datasets,
  dataWatch,
  layout,
}: ApiNeeds): Part<
  'listDatasets' | 'versionDataset' | 'dataStatus' | 'restoreDataset' | 'undoRestore' | 'verifyDataset' | 'watchData'
> => ({
  listDatasets: () => Promise.resolve(datasets.list()),
  versionDataset: ({ path }) => datasets.version(path),
  dataStatus: ({ dataset }) => datasets.status(dataset),
  restoreDataset: (request) => datasets.restore(request),
  undoRestore: (request) => datasets.undo(request),
  verifyDataset: (request) => datasets.verify(request),
  watchData: ({ path }) => dataWatch.follow(pathInside(layout.root, path)),
});

const comparisonRoutes = ({
  comparisons,
  checks,
}: ApiNeeds): Part<
  'checkData' | 'compareData' | 'listChangedData' | 'listComparedFiles' | 'describeDataDifference'
> => ({
  checkData: ({ path, staged }) => (staged === undefined ? checks.check({ path }) : checks.checkStaged(staged.index)),
  compareData: (request) => comparisons.compare(request),
  listChangedData: (request) => comparisons.changed(request),
  listComparedFiles: async ({ difference, ...page }) => Promise.resolve(comparisons.files(difference, page)),
  describeDataDifference: async ({ difference }) => Promise.resolve({ markdown: comparisons.describe(difference) }),
});

const branchRoutes = ({
  dvc,
  branches,
}: ApiNeeds): Part<
  | 'listTrackedData'
  | 'adoptData'
  | 'exportToDvc'
  | 'listDataBranches'
  | 'mergeData'
  | 'listMerges'
  | 'resolveData'
  | 'abandonMerge'
  | 'revertData'
  | 'mergePointers'
  | 'checkPointers'
> => ({
  listTrackedData: async () => Promise.resolve(dvc.list()),
  adoptData: ({ path }) => dvc.adopt(path),
  exportToDvc: ({ dataset, version }) => dvc.hand(dataset, version),
  listDataBranches: () => branches.others(),
  mergeData: (request) => branches.merge(request),
  listMerges: () => branches.open(),
  resolveData: (request) => branches.resolve(request),
  abandonMerge: ({ data }) => nothing(() => branches.abandon(data)),
  revertData: (request) => branches.revert(request),
  mergePointers: (request) => branches.mergePointers(request),
  checkPointers: ({ restore }) => branches.follow(restore),
});

const upkeepRoutes = ({
  upkeep,
  announcements,
}: ApiNeeds): Part<
  'collectData' | 'collectKept' | 'verifyData' | 'listDataUse' | 'forgetData' | 'collectRemote' | 'forgetRemote'
> => ({
  collectData: (request) => upkeep.collect(request),
  collectKept: (request) => upkeep.collectKept(request),
  verifyData: (request) => upkeep.verify(request),
  listDataUse: ({ version }) => Promise.resolve(upkeep.uses(version)),
  forgetData: async (request) => {
    const forgotten = await upkeep.forget(request);
    const { dataset, version } = forgotten;
    if (!request.dryRun) announcements.announce({ type: 'datasetForgotten', dataset, version });
    return forgotten;
  },
  collectRemote: (request) => upkeep.collectRemote(request),
  forgetRemote: (request) => upkeep.forgetRemote(request),
});

const remoteRoutes = (
  remotes: Remotes,
): Part<
  'listRemotes' | 'addRemote' | 'removeRemote' | 'chooseRemote' | 'remoteStatus' | 'pushData' | 'fetchData' | 'pullData'
> => ({
  listRemotes: () => Promise.resolve(remotes.list()),
  addRemote: async (remote) => Promise.resolve(remotes.add(remote)),
  removeRemote: async ({ name }) => Promise.resolve(remotes.remove(name)),
  chooseRemote: async ({ name }) => Promise.resolve(remotes.choose(name)),
  remoteStatus: ({ remote }) => remotes.state(remote),
  pushData: (request) => remotes.push(request),
  fetchData: (request) => remotes.fetch(request),
  pullData: (request) => remotes.pull(request),
});

const modelRoutes = (
  needs: ApiNeeds,
): Part<'listModels' | 'promoteModel' | 'rollbackModel' | 'listAliasMoves' | 'exportModel'> => {
  const { models, user, clock } = needs;
  const stamped = <Request extends { why: string }>(request: Request) => ({
    ...request,
    why: request.why || 'no reason given',
    by: user,
    at: clock(),
  });
  const moved = async (move: AliasMove): Promise<AliasMove> => {
    needs.announcements.announce({ type: 'aliasMoved', move });
    await needs.endpoints.follow(move);
    return move;
  };
  return {
    listModels: () => Promise.resolve(models.list()),
    promoteModel: (request) => moved(models.move(stamped(request) satisfies MoveRequest)),
    rollbackModel: (request) => moved(models.rollback(stamped(request))),
    listAliasMoves: ({ model }) => Promise.resolve(models.moves(model)),
    exportModel: ({ model, version, to }) => {
      const bytes = needs.readObject(models.get(model, version).model);
      const path = resolve(needs.layout.root, to);
      writeExport(path, bytes);
      return Promise.resolve({ path, bytes: bytes.length });
    },
  };
};

const writeExport = (path: string, bytes: Uint8Array): void => {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw fileNotWritable(path, error);
  }
};

const endpointRoutes = ({
  endpoints,
  models,
}: ApiNeeds): Part<'listEndpoints' | 'openEndpoint' | 'accessEndpoint' | 'closeEndpoint' | 'getDrift'> => ({
  listEndpoints: () => Promise.resolve(endpoints.list()),
  openEndpoint: (request) => {
    const version = request.version ?? models.aliased(request.model, 'champion')?.version;
    if (version === undefined) throw unknownModel(models, request.model);
    return endpoints.open({ ...request, version });
  },
  accessEndpoint: ({ endpoint }) => Promise.resolve(endpoints.access(endpoint)),
  closeEndpoint: ({ endpoint }) => endpoints.close(endpoint),
  getDrift: ({ endpoint }) => Promise.resolve(endpoints.drift(endpoint)),
});

const unknownModel = (models: ModelStore, name: string): Fault =>
  modelMissing(
    name,
    'champion',
    models.list().map((model) => `${model.name} v${model.version}`),
  );
