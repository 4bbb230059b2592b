import type { Candidate } from '../../contract/candidate.ts';
import type { Features } from '../../contract/features.ts';
import type { Training } from '../../contract/training.ts';
import { copyBatches } from '../../datasets/batches.ts';
import { withRawColumns } from '../../datasets/feature-graph.ts';
import { openFeatures } from '../../datasets/feature-store.ts';
import {
  DeviceMissing,
  EngineMissing,
  TrainingDiverged,
  type Engine,
  type TrainingData,
  type TrainingPlan,
} from '../../engines/engine.ts';
import { onnxEngine } from '../../engines/onnx/engine.ts';
import { tfjsEngine } from '../../engines/tfjs/engine.ts';
import { deviceMissing, engineMissing, trainingDiverged } from '../../faults.ts';
import { GraphError } from '../../graph/graph-error.ts';
import { parameterCount } from '../../graph/parameters.ts';
import { writeModel } from '../../graph/write.ts';
import type { Optimizer } from '../../graph/optimizers.ts';
import { createObjects } from '../../versions/objects.ts';
import type { JobContext } from '../job.ts';
import { buildModel, explainGraph } from './build-model.ts';
import type { TrainInput } from './train-input.ts';
import { batchMetrics } from './metric-batches.ts';
import { openCheckpoints } from './open-checkpoints.ts';

/** Builds the model that the configuration names and trains it with ONNX Runtime or tensorflow.js. */
export const trainGraph = async (input: TrainInput, context: JobContext): Promise<Candidate> => {
  const { training, features } = input;
  const engine = training.training.engine === 'tfjs' ? tfjsEngine : onnxEngine;
  const device = await resolveDevice(engine, training.training.device, context);
  const { model, frozen } = await buildModel(input, context);
  const metrics = batchMetrics(context.metrics);
  const data = openData(input);
  const checkpoints = openCheckpoints(input, context);
  for (const point of checkpoints.points) metrics.add(point);
  const trained = await explained(engine, () =>
    engine.train({ ...planOf(training, features), model: writeModel(model), device, frozen }, data, {
      signal: context.signal,
      checkpoints,
      metric: (untimed) => {
        const point = { ...untimed, at: Date.now() };
        metrics.add(point);
        checkpoints.addPoint(point);
      },
      progress: ({ epoch, epochs, step, steps, samplesPerSecond }) =>
        context.progress(
          step / steps,
          `epoch ${epoch}/${epochs}, ${Math.round(samplesPerSecond).toLocaleString('en')} rows/s`,
        ),
    }),
  ).finally(() => {
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
    resumed: checkpoints.resumed,
  };
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

const openData = ({ featuresFolder, features }: TrainInput): TrainingData => {
  const rows = openFeatures(featuresFolder, features.hash);
  const train = rows.source('train');
  return {
    inputShape: features.inputShape,
    outputs: features.task === 'classification' ? features.classes.length : 1,
    task: features.task,
    train: { rows: train.rows, read: train.read, batches: (order) => copyBatches(train.read, order) },
    softTargets: false,
    validation: rows.source('validation'),
  };
};

const planOf = (training: Training, features: Features): Omit<TrainingPlan, 'model' | 'device'> => {
  const { optimizer, training: how } = training;
  const { type, warmup_epochs, step_epochs, factor } = optimizer.schedule;
  return {
    epochs: how.epochs,
    batchSize: batchSizeOf(training),
    seed: how.seed,
    loss: lossOf(how.loss, features),
    optimizer: optimizerOf(optimizer),
    learningRate: optimizer.lr,
    schedule: {
      type,
      warmupEpochs: warmup_epochs,
      ...(step_epochs === undefined ? {} : { stepEpochs: step_epochs }),
      ...(factor === undefined ? {} : { factor }),
    },
    ...(how.gradient_clip === undefined ? {} : { gradientClip: how.gradient_clip }),
    ...(how.early_stopping === undefined ? {} : { earlyStopping: how.early_stopping }),
  };
};

const batchSizeOf = ({ data: { batch_size: size } }: Training): number => {
  if (size === 'auto') throw new RangeError('`batch_size: auto` is refused before.');
  return size;
};

const lossOf = (loss: Training['training']['loss'], { task }: Features): TrainingPlan['loss'] => {
  if (loss !== 'auto') return loss;
  return task === 'classification' ? 'cross_entropy' : 'mse';
};

const optimizerOf = ({ type, momentum, weight_decay, beta1, beta2, epsilon }: Training['optimizer']): Optimizer =>
  type === 'sgd'
    ? { type, momentum, weightDecay: weight_decay }
    : { type, beta1, beta2, epsilon, weightDecay: weight_decay };

/** What the engine throws, in the words of the fault table. */
const explained = async <Result>(engine: Engine, train: () => Promise<Result>): Promise<Result> => {
  try {
    return await train();
  } catch (error) {
    if (error instanceof GraphError) throw explainGraph(error, 'Check model.name and model.freeze in training.yaml.');
    if (error instanceof TrainingDiverged) throw trainingDiverged(error.step, 'the loss', Number.NaN);
    if (error instanceof DeviceMissing)
      throw deviceMissing(
        error.device,
        (await engine.devices()).map(({ id }) => id),
      );
    if (error instanceof EngineMissing) throw engineMissing(error.message);
    throw error;
  }
};
