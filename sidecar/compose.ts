import { userInfo } from 'node:os';
import { createApi, type ApiNeeds, type Configurations } from './api.ts';
import { composeData, type Data } from './compose-data.ts';
import type { Device } from './contract/device.ts';
import type { Comparison } from './contract/run.ts';
import type { Greeting } from './contract/greeting.ts';
import type { Api } from './contract/routes.ts';
import { imageStatistics } from './datasets/image-statistics.ts';
import { rawRow } from './datasets/raw-columns.ts';
import { onnxRuntimeVersion } from './engines/onnx/version.ts';
import type { TfjsProbe } from './engines/tfjs/probe.ts';
import { examine } from './examine.ts';
import { notInThisVersion } from './faults.ts';
import type { Log } from './log.ts';
import type { JobContext } from './pipeline/job.ts';
import { createPipeline } from './pipeline/index.ts';
import { createVersionStage } from './pipeline/1-version/stage.ts';
import { createFeaturizeStage } from './pipeline/2-featurize/stage.ts';
import { createTrainStage } from './pipeline/3-train/stage.ts';
import { createEvaluateStage } from './pipeline/4-evaluate/stage.ts';
import { createGateStage } from './pipeline/5-gate/stage.ts';
import { pairPredictions } from './pipeline/5-gate/pair-predictions.ts';
import { createRegisterStage } from './pipeline/6-register/stage.ts';
import { createDeployStage } from './pipeline/7-deploy/stage.ts';
import { createMonitorStage } from './pipeline/8-monitor/stage.ts';
import { productVersion } from './product-version.ts';
import { createAnnouncements, type Announcements } from './runs/announce.ts';
import type { CompareInput } from './runs/compare-job.ts';
import { environmentOf } from './runs/environment.ts';
import { createLeases } from './runs/leases.ts';
import { createRuns } from './runs/runs.ts';
import { createEndpoints, type Endpoints } from './serving/endpoints.ts';
import { openDatabase, sqliteVersion } from './store/database.ts';
import { createDatasetStore } from './store/datasets.ts';
import { createEndpointStore } from './store/endpoints.ts';
import { createLivePredictionStore } from './store/live-predictions.ts';
import { createMetricStore } from './store/metrics.ts';
import { createModelStore, type ModelStore } from './store/models.ts';
import { createRunStore } from './store/runs.ts';
import { createWindowStore } from './store/windows.ts';
import { createObjects, type Objects } from './versions/objects.ts';
import { sweepDrafts } from './versions/sweep.ts';
import { entryPath } from './work/entry.ts';
import { remoteJob } from './work/remote-job.ts';
import { refuseFindings, resolveConfiguration } from './workspace/config.ts';
import { gitVersion } from './workspace/git.ts';
import type { Layout } from './workspace/layout.ts';
import { placeOf } from './workspace/place.ts';
import { watchData } from './workspace/watch-data.ts';
import { watchWorkspace } from './workspace/watch.ts';
import { unsupported } from './workspace/unsupported.ts';

export interface Workspace {
  readonly api: Api;
  readonly announcements: Announcements;
  readonly versions: Pick<Greeting, 'sqlite' | 'onnxruntime'>;
  /** A client, a run or an open endpoint needs the sidecar. */
  readonly needed: () => boolean;
  readonly close: () => Promise<void>;
}

export interface WorkspaceNeeds {
  readonly layout: Layout;
  readonly log: Log;
  readonly life: {
    readonly greeting: Omit<Greeting, 'sqlite' | 'onnxruntime'>;
    readonly stop: () => void;
  };
}

/** Puts one workspace together: stores, stages, runs, endpoints, API. The only place that knows all of them. */
export const composeWorkspace = ({ layout, log, life }: WorkspaceNeeds): Workspace => {
  const clock = Date.now;
  const database = openDatabase(layout.database);
  for (const folder of [layout.objects, layout.indexes]) sweepDrafts(folder, clock());
  const objects = createObjects(layout.objects);
  const announcements = createAnnouncements(clock);
  const { announce } = announcements;
  const stores = {
    runs: createRunStore(database),
    metrics: createMetricStore(database),
    models: createModelStore(database),
    datasets: createDatasetStore(database),
  };
  const user = userInfo().username;
  const environment = environmentOf(onnxRuntimeVersion);
  const endpoints = createEndpoints({
    store: createEndpointStore(database),
    windows: createWindowStore(database),
    predictions: createLivePredictionStore(database),
    objects,
    models: stores.models,
    codec: { rawRow, imageStatistics },
    announce,
    clock,
    log: (level, text) => log[level](text),
    inferenceEntry: entryPath('inference'),
  });
  const data = composeData({ layout, stores, objects, announce, user, clock, log });
  const pipeline = composePipeline({
    layout,
    models: stores.models,
    objects,
    data,
    endpoints,
    announce,
    environment,
    user,
    clock,
  });
  const runs = createRuns({
    layout,
    runs: stores.runs,
    metrics: stores.metrics,
    pipeline,
    environment,
    announce,
    log,
    clock,
  });
  const dataWatch = watchData({ root: layout.root, tell: (path) => announce({ type: 'dataTouched', path }) });
  const leases = createLeases();
  const versions = { sqlite: sqliteVersion(database), onnxruntime: onnxRuntimeVersion };
  const devices = cachedDevices(quietContext(log));
  const needs: ApiNeeds = {
    greeting: () => ({ ...life.greeting, ...versions }),
    leases,
    layout,
    user,
    clock,
    announcements,
    configurations: configurationsOf(layout),
    devices,
    examine: () =>
      examine({
        layout,
        versions: { trainyard: productVersion, node: process.version, ...versions },
        devices,
        probeTfjs: () => remoteJob<Record<string, never>, TfjsProbe>('tfjs')({}, quietContext(log)),
        checkStore: () => String(database.pragma('quick_check', { simple: true })),
        gitVersion: () => gitVersion(layout.root),
      }),
    runs,
    compare: (input) =>
      remoteJob<CompareInput, Comparison>('compare')({ ...input, objectsFolder: layout.objects }, quietContext(log)),
    runStore: stores.runs,
    metrics: stores.metrics,
    models: stores.models,
    ...data.desks,
    dataWatch,
    endpoints,
    readObject: objects.get as ApiNeeds['readObject'],
    stop: life.stop,
  };
  runs.recover();
  endRestores(data, log);
  restoreEndpoints(endpoints, log);
  const watching = watchWorkspace(layout.root, ({ kind, path: pointer }) => {
    if (kind !== 'pointer') return;
    announce({ type: 'pointerMoved', pointer, version: data.pointedBy(pointer)?.version ?? null });
  });
  watching.then(
    ({ complete }) => {
      if (!complete) log.warn('not all folders are watched for pointers; there are too many files', {});
    },
    (error: unknown) => log.warn('pointers are not watched', { error: String(error) }),
  );
  return {
    api: createApi(needs),
    announcements,
    versions,
    needed: () => leases.count() > 0 || runs.active() > 0 || endpoints.listening(),
    close: async () => {
      await watching.then(
        ({ stop }) => stop(),
        () => undefined,
      );
      dataWatch.stop();
      await runs.stop();
      await endpoints.closeAll();
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.close();
    },
  };
};

interface PipelineNeeds {
  readonly layout: Layout;
  readonly models: ModelStore;
  readonly objects: Objects;
  readonly data: Data;
  readonly endpoints: Endpoints;
  readonly announce: Announcements['announce'];
  readonly environment: Record<string, string>;
  readonly user: string;
  readonly clock: () => number;
}

const composePipeline = ({ layout, models, objects, data, endpoints, announce, ...needs }: PipelineNeeds) => {
  const { environment, user, clock } = needs;
  const folders = { objectsFolder: layout.objects, dataFolder: layout.data, featuresFolder: layout.features };
  const champion = (model: string) => models.aliased(model, 'champion');
  return createPipeline({
    version: createVersionStage(data.stage),
    featurize: createFeaturizeStage({ featurize: remoteJob('featurize'), ...folders }),
    train: createTrainStage({
      train: remoteJob('train'),
      outFolder: layout.run,
      checkpointsFolder: layout.checkpoints,
      environment,
      ...folders,
    }),
    evaluate: createEvaluateStage({ evaluate: remoteJob('evaluate'), champion, ...folders }),
    gate: createGateStage({ pairs: (report) => pairPredictions(report, objects.get) }),
    register: createRegisterStage({
      register: models.register,
      hasChampion: (model) => champion(model) !== null,
      promote: ({ name, version }, why) => {
        const move = models.move({ model: name, version, alias: 'champion', by: user, why, at: clock() });
        announce({ type: 'aliasMoved', move });
        return move;
      },
      announce: ({ name, version }) => announce({ type: 'modelRegistered', model: models.get(name, version) }),
      environment,
      clock,
    }),
    deploy: createDeployStage({
      endpoints,
      reference: remoteJob('reference'),
      champion: (model) => champion(model)?.version ?? null,
      ...folders,
    }),
    monitor: createMonitorStage({ endpoints }),
  });
};

const endRestores = ({ recover }: Data, log: Log): void => {
  try {
    recover();
  } catch (error) {
    // The next use of the data tries again, and tells who asks.
    log.error('an interrupted restore was not completed', { error: String(error) });
  }
};

const restoreEndpoints = (endpoints: Endpoints, log: Log): void => {
  endpoints.restoreAll().catch((error: unknown) => log.error('endpoints were not restored', { error: String(error) }));
};

/** For work that belongs to no run: it cannot be cancelled, and what it says goes to the sidecar's log. */
const quietContext = (log: Log): JobContext => ({
  signal: new AbortController().signal,
  progress: () => undefined,
  metrics: () => undefined,
  log: (level, text) => log[level](text),
});

/** Devices come and go rarely, and asking for them starts a process. */
const DEVICES_KEPT_MS = 60_000;

const cachedDevices = (context: JobContext): (() => Promise<readonly Device[]>) => {
  const ask = remoteJob<Record<string, never>, readonly Device[]>('devices');
  let known: { readonly at: number; readonly devices: Promise<readonly Device[]> } | undefined;
  return () => {
    if (known === undefined || performance.now() - known.at > DEVICES_KEPT_MS) {
      known = { at: performance.now(), devices: ask({}, context) };
    }
    return known.devices;
  };
};

const configurationsOf = ({ root }: Layout): Configurations => {
  const environment = process.env;
  return {
    validate: ({ path, text }) => {
      const { training, findings } = resolveConfiguration({ root, path, text, environment });
      return { training, findings: [...findings] };
    },
    load: (path, overrides) => {
      const resolved = resolveConfiguration({ root, path, overrides, environment });
      if (resolved.training === null) throw refuseFindings(path, resolved.findings);
      return { training: resolved.training, experiment: resolved.experiment };
    },
    refuseUnsupported: ({ training }, path) => {
      const [first] = unsupported(training);
      if (first === undefined) return;
      const { document, text } = resolveConfiguration({ root, path, environment });
      const place = document.find(first.path);
      throw notInThisVersion(
        first.what,
        first.instead,
        place === null ? { file: path } : placeOf(path, text, place.key),
      );
    },
  };
};
