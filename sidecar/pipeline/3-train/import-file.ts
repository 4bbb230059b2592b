import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openSession } from '../../engines/onnx/session.ts';
import { Fault, modelInvalid } from '../../faults.ts';
import { importModel } from '../../graph/import/import-model.ts';
import type { Model } from '../../graph/model.ts';
import { writeModel } from '../../graph/write.ts';
import type { JobContext } from '../job.ts';
import { readModelFile } from './read-model-file.ts';
import type { TrainInput } from './train-input.ts';

/** Whether `model.name` names a file and not a model that is built here. */
export const isFile = (name: string): boolean => /\.onnx$/i.test(name);

/**
 * The model in the ONNX file that `model.name` names, as one that can be trained here. What is changed in it, and what
 * it does not hold, is told in the log of the run.
 *
 * @throws Fault `configuration-invalid` where there is no such file, `model-invalid` where ONNX Runtime refuses it,
 * GraphError where it cannot be fine-tuned
 */
export const importFile = async ({ root, training, features }: TrainInput, { log }: JobContext): Promise<Model> => {
  const path = resolve(root, training.model.name);
  if (!existsSync(path)) throw missing(path);
  const { model, notes } = importModel(readModelFile(path), {
    inputShape: features.inputShape,
    outputs: features.task === 'classification' ? features.classes.length : 1,
    task: features.task,
    seed: training.training.seed,
    normalization: features.normalization,
    normalize: training.data.augment.some(({ normalize }) => normalize !== undefined) ? 'always' : 'auto',
  });
  log('info', `fine-tuning ${path}`);
  for (const note of notes) log('warn', note);
  await checkLoads(model, path);
  return model;
};

const missing = (path: string): Fault =>
  new Fault('configuration-invalid', `There is no model at ${path}.`, {
    hint: 'Check model.name; a path is read relative to the workspace.',
  });

/** A file can be well formed and still be one that no runtime computes, so it is loaded before anything is trained. */
const checkLoads = async (model: Model, path: string): Promise<void> => {
  try {
    const session = await openSession(writeModel(model), 'cpu');
    await session.close();
  } catch (error) {
    throw modelInvalid(`ONNX Runtime refuses ${path} (${error instanceof Error ? error.message : String(error)})`);
  }
};
