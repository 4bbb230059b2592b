import type { Candidate } from '../../contract/candidate.ts';
import type { MetricPoint } from '../../contract/run.ts';
import { withRawColumns } from '../../datasets/feature-graph.ts';
import {
  DeviceMissing,
  EngineMissing,
  TrainingDiverged,
  type Engine,
  type TrainingProgress,
} from '../../engines/engine.ts';
import { blockedChannels } from '../../engines/onnx/blocked-channels.ts';
import { onnxEngine } from '../../engines/onnx/engine.ts';
import { tfjsEngine } from '../../engines/tfjs/engine.ts';
import { deviceMissing, engineMissing, trainingDiverged } from '../../faults.ts';
import { GraphError } from '../../graph/graph-error.ts';
import { parameterCount } from '../../graph/parameters.ts';
import { createObjects } from '../../versions/objects.ts';
import type { JobContext } from '../job.ts';
import { buildModel, explainGraph, type BuiltModel } from './build-model.ts';
import type { TrainInput } from './train-input.ts';
import { batchMetrics } from './metric-batches.ts';
import { openCheckpoints } from './open-checkpoints.ts';
import { openData, type OpenData } from './open-data.ts';
import { fitPlan } from './fit-plan.ts';
import { watchSystem } from './system-metrics.ts';

/** Builds the model that the configuration names and trains it with ONNX Runtime or tensorflow.js. */
export const trainGraph = async (input: TrainInput, context: JobContext): Promise<Candidate> => {
  const { training } = input;
  const engine = training.training.engine === 'tfjs' ? tfjsEngine : onnxEngine;
  const device = await resolveDevice(engine, training.training.device, context);
  const built = await buildModel(input, context);
  const opened = openData(input, device, context);
  try {
    return await explained(engine, () => trainOn({ input, engine, device, ...built, ...opened }, context));
  } finally {
    await opened.close();
  }
};

interface TrainSite extends BuiltModel, Pick<OpenData, 'data' | 'targets'> {
  readonly input: TrainInput;
  readonly engine: Engine;
  readonly device: string;
}

/** The fastest kernels are not on every processor; without them training is right and slower. */
const sayLayout = async ({ engine, device, data }: TrainSite, { log }: JobContext): Promise<void> => {
  if (engine.name !== 'onnx' || device !== 'cpu' || data.inputShape.length < 3) return;
  if ((await blockedChannels()) === undefined)
    log('warn', 'this processor has no kernels of ONNX Runtime for blocked channels: convolutions run on slower ones');
};

const trainOn = async (site: TrainSite, context: JobContext): Promise<Candidate> => {
  const { input, engine, device, model, data } = site;
  const { training, features } = input;
  await sayLayout(site, context);
  const metrics = batchMetrics(context.metrics);
  const checkpoints = openCheckpoints(input, () => plan.batchSize, context);
  const plan = await fitPlan({ ...site, training, features, before: checkpoints.last }, context);
  for (const point of checkpoints.points) metrics.add(point);
  const metric = (untimed: Omit<MetricPoint, 'at'>) => {
    const point = { ...untimed, at: Date.now() };
    metrics.add(point);
    checkpoints.addPoint(point);
  };
  const measure = watchSystem({ device, metric });
  const progress = (now: TrainingProgress) => {
    measure(now);
    context.progress(now.step / now.steps, sayProgress(now), now.remainingMs);
  };
  const watch = { signal: context.signal, checkpoints, metric, progress };
  const trained = await engine.train(plan, data, watch).finally(() => {
    metrics.flush();
    checkpoints.close();
  });
  const served = withRawColumns(trained.model, features);
  return {
    model: createObjects(input.objectsFolder).put(served),
    modelBytes: served.length,
    parameters: parameterCount(model),
    engine: engine.name,
    device,
    epochs: trained.epochsRun,
    bestEpoch: trained.bestEpoch,
    steps: trained.steps,
    mathMs: trained.mathMs,
    totalMs: trained.totalMs,
    batchSize: plan.batchSize,
    resumed: checkpoints.resumed,
  };
};

/** Waiting is worth a word where it is a tenth of the time. */
const sayProgress = ({ epoch, epochs, samplesPerSecond, waitShare }: TrainingProgress): string => {
  const waiting = waitShare < 0.1 ? '' : `, ${Math.round(100 * waitShare)} % of it waiting for data`;
  return `epoch ${epoch}/${epochs}, ${Math.round(samplesPerSecond).toLocaleString('en')} rows/s${waiting}`;
};

/** `auto` takes the best device and says which. */
const resolveDevice = async (engine: Engine, asked: string, { log }: JobContext): Promise<string> => {
  if (asked === 'cpu') return asked;
  const present = await engine.devices();
  if (present.length === 0) throw engineMissing(`engine: ${engine.name} is not installed.`);
  const device =
    asked === 'auto' ? present[0] : present.find(({ id }) => id === asked || (asked === 'cuda' && id === 'cuda:0'));
  if (device === undefined) {
    throw deviceMissing(
      asked,
      present.map(({ id }) => id),
    );
  }
  log('info', `training on ${device.id} (${device.name})`);
  return device.id;
};

/** What the engine throws, in the words of the fault table. */
const explained = async <Result>(engine: Engine, train: () => Promise<Result>): Promise<Result> => {
  try {
    return await train();
  } catch (error) {
    if (error instanceof GraphError) throw explainGraph(error, 'Check model.name and model.freeze in training.yaml.');
    if (error instanceof TrainingDiverged) throw trainingDiverged(error.message, error.hint);
    if (error instanceof DeviceMissing)
      throw deviceMissing(
        error.device,
        (await engine.devices()).map(({ id }) => id),
      );
    if (error instanceof EngineMissing) throw engineMissing(error.message);
    throw error;
  }
};
