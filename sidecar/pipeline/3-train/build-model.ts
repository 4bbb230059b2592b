import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Features } from '../../contract/features.ts';
import { Fault, settingInvalid } from '../../faults.ts';
import { digestOf } from '../../fetch/checksum.ts';
import { buildModel as buildArchitecture, isArchitecture, type Normalization } from '../../graph/build.ts';
import { frozenWeights } from '../../graph/freeze.ts';
import { GraphError } from '../../graph/graph-error.ts';
import type { Model } from '../../graph/model.ts';
import { fitWeights } from '../../graph/weights/fit.ts';
import type { JobContext } from '../job.ts';
import { fetchWeights, type Weights } from './fetch-weights.ts';
import { importFile, isFile } from './import-file.ts';
import type { TrainInput } from './train-input.ts';
import { withWeightsFile } from './weights-file.ts';

export interface BuiltModel {
  readonly model: Model;
  /** Names of the weights that stay as they are. */
  readonly frozen: readonly string[];
}

/**
 * The model that the configuration names, with the weights it starts from. Every choice that is made for the user is
 * told in the log of the run.
 * @throws Fault `configuration-invalid` where the settings, the data or the weights do not fit each other
 */
export const buildModel = async (input: TrainInput, context: JobContext): Promise<BuiltModel> => {
  const fresh = await explained(
    () => (isFile(input.training.model.name) ? adopt(input, context) : build(input, context)),
    'Check model.name, model.params and data.image_size in training.yaml.',
  );
  const weights = await weightsOf(input, context);
  const model = weights === null ? fresh : await loadWeights(fresh, weights, context);
  const frozen = await explained(
    () => frozenWeights(model, input.training.model.freeze),
    'Check model.freeze in training.yaml.',
  );
  if (frozen.length > 0) context.log('info', `${frozen.length} tensors of weights stay as they are (model.freeze)`);
  return { model, frozen };
};

/** A file brings its own layers and weights. */
const adopt = (input: TrainInput, context: JobContext): Promise<Model> => {
  const { name, params, pretrained } = input.training.model;
  const [param] = Object.keys(params);
  if (param !== undefined)
    throw new GraphError(`model.params.${param} is for models that are built here; ${name} is as it is.`);
  if (pretrained === true)
    throw new GraphError(`${name} brings its own weights.`, undefined, 'Remove model.pretrained, or give it a file.');
  return importFile(input, context);
};

const build = (input: TrainInput, context: JobContext): Model => {
  const { training, features } = input;
  const { name, params } = training.model;
  if (!isArchitecture(name)) throw new GraphError(`There is no model “${name}”.`);
  const model = buildArchitecture({
    architecture: name,
    params,
    inputShape: features.inputShape,
    outputs: features.task === 'classification' ? features.classes.length : 1,
    task: features.task,
    seed: training.training.seed,
    normalization: normalizationFor(input, context),
  });
  const stem = model.metadata['trainyard.stem'];
  if (stem !== undefined) context.log('info', sayStem(stem, features));
  return model;
};

/** Of pixels from 0 to 255, as all published ImageNet weights of torchvision and timm expect them. */
const imagenet: Normalization = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };

/** What `data.augment: [{normalize: …}]` asks for; it becomes part of the model's own graph. */
const normalizations: Readonly<Record<'imagenet' | 'dataset' | 'none', (features: Features) => Normalization>> = {
  imagenet: ({ inputShape }) => {
    if (inputShape[0] === 3) return imagenet;
    throw settingInvalid('data.augment', 'ImageNet’s normalization is one of three colours', 'Set data.channels to 3.');
  },
  dataset: ({ normalization }) => normalization,
  none: () => ({ mean: [0], std: [1] }),
};

/** Published weights get the pixels that they were trained with, unless `data.augment` says something else. */
const normalizationFor = ({ training, features }: TrainInput, { log }: JobContext): Normalization => {
  const asked = training.data.augment.findLast(({ normalize }) => normalize !== undefined)?.normalize;
  if (asked !== undefined) return normalizations[asked](features);
  if (training.model.pretrained !== true || features.inputShape[0] !== 3) return features.normalization;
  log(
    'info',
    'pixels are normalized as for ImageNet, which the weights expect (data.augment: [{normalize: imagenet}])',
  );
  return imagenet;
};

const sayStem = (stem: string, { inputShape }: Features): string => {
  const size = inputShape.slice(1).join(' × ');
  return stem === 'small'
    ? `images of ${size}: the stem is 3x3 with stride 1 and no pooling (model.params.stem: small)`
    : `images of ${size}: the stem is ImageNet’s (model.params.stem: imagenet)`;
};

/** The file that training starts from; null for fresh weights. */
const weightsOf = async (input: TrainInput, context: JobContext): Promise<Weights | null> => {
  const { pretrained, name } = input.training.model;
  if (pretrained === false) return null;
  if (pretrained === true || /^https?:/.test(pretrained)) return fetchWeights(name, pretrained, context);
  const path = pretrained.startsWith('file:') ? fileURLToPath(pretrained) : resolve(input.root, pretrained);
  if (!existsSync(path)) throw noWeights(path);
  return { path, sha256: await digestOf(path, 'sha256') };
};

const noWeights = (path: string): Fault =>
  new Fault('configuration-invalid', `There are no weights at ${path}.`, {
    hint: 'Check model.pretrained; a path is read relative to the workspace.',
  });

const loadWeights = async (fresh: Model, { path, sha256 }: Weights, { log }: JobContext): Promise<Model> => {
  const { model, notes } = await explained(
    () => withWeightsFile(path, (tensors) => fitWeights(fresh, tensors)),
    `Check model.pretrained; the file is ${path}.`,
  );
  log('info', `training starts from the weights of ${path}`);
  for (const note of notes) log('warn', note);
  return { ...model, metadata: { ...model.metadata, 'trainyard.weights': `sha256:${sha256}` } };
};

const explained = async <Result>(make: () => Result | Promise<Result>, hint: string): Promise<Result> => {
  try {
    return await make();
  } catch (error) {
    if (error instanceof GraphError) throw explainGraph(error, hint);
    throw error;
  }
};

/** What is wrong with a model, as a refusal that names the node. */
export const explainGraph = ({ message, node = '', hint }: GraphError, otherwise: string): Fault =>
  new Fault('configuration-invalid', node === '' ? message : `${message} It is the node “${node}”.`, {
    hint: hint ?? otherwise,
  });
