import { join } from 'node:path';
import { imageStatistics } from '../../sidecar/datasets/image-statistics.ts';
import { rawRow } from '../../sidecar/datasets/raw-columns.ts';
import { onnxRuntimeVersion } from '../../sidecar/engines/onnx/version.ts';
import { createVersionStage } from '../../sidecar/pipeline/1-version/stage.ts';
import { checkDataJob } from '../../sidecar/pipeline/1-version/check-job.ts';
import { fetchJob } from '../../sidecar/pipeline/1-version/fetch-job.ts';
import { snapshotJob } from '../../sidecar/pipeline/1-version/job.ts';
import { createFeaturizeStage } from '../../sidecar/pipeline/2-featurize/stage.ts';
import { featurizeJob } from '../../sidecar/pipeline/2-featurize/job.ts';
import { createTrainStage } from '../../sidecar/pipeline/3-train/stage.ts';
import { trainJob } from '../../sidecar/pipeline/3-train/job.ts';
import { createEvaluateStage } from '../../sidecar/pipeline/4-evaluate/stage.ts';
import { evaluateJob } from '../../sidecar/pipeline/4-evaluate/job.ts';
import { createGateStage } from '../../sidecar/pipeline/5-gate/stage.ts';
import { pairPredictions } from '../../sidecar/pipeline/5-gate/pair-predictions.ts';
import { createRegisterStage } from '../../sidecar/pipeline/6-register/stage.ts';
import { createDeployStage } from '../../sidecar/pipeline/7-deploy/stage.ts';
import { referenceJob } from '../../sidecar/pipeline/7-deploy/job.ts';
import { createMonitorStage } from '../../sidecar/pipeline/8-monitor/stage.ts';
import type { Stages } from '../../sidecar/pipeline/index.ts';
import { environmentOf } from '../../sidecar/runs/environment.ts';
import { createEndpoints } from '../../sidecar/serving/endpoints.ts';
import { openDatabase } from '../../sidecar/store/database.ts';
import { createDatasetStore } from '../../sidecar/store/datasets.ts';
import { createEndpointStore } from '../../sidecar/store/endpoints.ts';
import { createLivePredictionStore } from '../../sidecar/store/live-predictions.ts';
import { createModelStore } from '../../sidecar/store/models.ts';
import { createRunStore } from '../../sidecar/store/runs.ts';
import { createWindowStore } from '../../sidecar/store/windows.ts';
import { createObjects } from '../../sidecar/versions/objects.ts';
import { entryPath } from '../../sidecar/work/entry.ts';
import { authorOf, describeCode, isUnguarded } from '../../sidecar/workspace/git.ts';
import { layoutOf } from '../../sidecar/workspace/layout.ts';
import { runOf } from './run.ts';

/** The eight stages of a workspace as the sidecar composes them, but with their heavy work done in this process. */
export const composeStages = (root: string): { readonly stages: Stages; readonly close: () => Promise<void> } => {
  const layout = layoutOf(root);
  const database = openDatabase(layout.database);
  const objects = createObjects(layout.objects);
  const models = createModelStore(database);
  // What is registered belongs to a run that is kept.
  createRunStore(database).create(() => runOf(1));
  const environment = environmentOf(onnxRuntimeVersion);
  const folders = { objectsFolder: layout.objects, dataFolder: layout.data, featuresFolder: layout.features };
  const clock = Date.now;
  const announce = () => undefined;
  const endpoints = createEndpoints({
    store: createEndpointStore(database),
    windows: createWindowStore(database),
    predictions: createLivePredictionStore(database),
    objects,
    models,
    codec: { rawRow, imageStatistics },
    announce,
    clock,
    log: () => undefined,
    inferenceEntry: entryPath('inference'),
  });
  const champion = (model: string) => models.aliased(model, 'champion');
  const stages: Stages = {
    version: createVersionStage({
      snapshot: snapshotJob,
      fetch: fetchJob,
      cacheFolder: join(root, '.trainyard', 'cache'),
      catalog: createDatasetStore(database),
      objects,
      dataFolder: layout.data,
      indexes: layout.indexes,
      unfinished: { root, restoring: layout.restoring },
      describeCode,
      isUnguarded,
      author: (folder) => authorOf(folder, 'someone'),
      announce,
      clock,
      check: checkDataJob,
      derived: layout.derived,
      adopt: () => Promise.resolve(null),
    }),
    featurize: createFeaturizeStage({ featurize: featurizeJob, ...folders }),
    train: createTrainStage({
      train: trainJob,
      outFolder: layout.run,
      checkpointsFolder: layout.checkpoints,
      environment,
      ...folders,
    }),
    evaluate: createEvaluateStage({ evaluate: evaluateJob, champion, ...folders }),
    gate: createGateStage({ pairs: (report) => pairPredictions(report, objects.get) }),
    register: createRegisterStage({
      register: models.register,
      hasChampion: (model) => champion(model) !== null,
      promote: ({ name, version }, why) =>
        models.move({ model: name, version, alias: 'champion', by: 'someone', why, at: clock() }),
      announce,
      environment,
      clock,
    }),
    deploy: createDeployStage({
      endpoints,
      reference: referenceJob,
      champion: (model) => champion(model)?.version ?? null,
      ...folders,
    }),
    monitor: createMonitorStage({ endpoints }),
  };
  return {
    stages,
    close: async () => {
      await endpoints.closeAll();
      database.close();
    },
  };
};
