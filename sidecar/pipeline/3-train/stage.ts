import { rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Candidate } from '../../contract/candidate.ts';
import type { Dataset } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { RunId } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';
import { hashOf } from '../fingerprints.ts';
import type { Job } from '../job.ts';
import { done, ended, type Stage, type Start } from '../stage.ts';
import type { TrainInput } from './train-input.ts';

interface TrainNeeds {
  readonly train: Job<TrainInput, Candidate>;
  readonly objectsFolder: string;
  readonly dataFolder: string;
  readonly featuresFolder: string;
  readonly checkpointsFolder: string;
  /** A folder of the run's own, for what a command leaves. */
  readonly outFolder: (run: RunId) => string;
  readonly environment: Readonly<Record<string, string>>;
}

type Needs = Start & { dataset: Dataset; features: Features };

/**
 * Trains a model as the configuration says. Equal features, settings, seed and environment reuse the earlier model,
 * and go on from the checkpoint of a training that was interrupted.
 */
export const createTrainStage = (needs: TrainNeeds): Stage<Needs, { candidate: Candidate }> => ({
  name: 'train',
  key: (has) =>
    has.training.training.engine === 'command' && has.dataset.code.commit === null
      ? // Outside Git nobody knows whether the script is the same.
        null
      : keyOf(has, needs.environment),
  run: async (has, context) => {
    const { root, training, dataset, features, continuing } = has;
    const folder = join(needs.checkpointsFolder, hashOf(keyOf(has, needs.environment)));
    const candidate = await needs.train(
      {
        root,
        training,
        dataset: dataset.dataset,
        features,
        run: context.run,
        objectsFolder: needs.objectsFolder,
        dataFolder: needs.dataFolder,
        featuresFolder: needs.featuresFolder,
        outFolder: needs.outFolder(context.run),
        checkpoints: continuing === undefined ? { folder } : { folder, continuing },
      },
      context,
    );
    // What is finished needs no place to go on from.
    rmSync(folder, { recursive: true, force: true });
    if (candidate.model === null) {
      return ended({ candidate }, 'the command left no model.onnx, so there is nothing to evaluate');
    }
    return done({ candidate }, describe(candidate));
  },
});

/** All that the trained weights depend on; how often they are saved on the way is not part of it. */
const keyOf = (
  { root, training, dataset, features }: Needs,
  environment: TrainNeeds['environment'],
): readonly unknown[] => [
  features.hash,
  training.model,
  filesOf(root, training.model),
  training.data.batch_size,
  training.data.augment,
  training.optimizer,
  { ...training.training, checkpoint: null },
  environment,
  training.training.engine === 'command' ? [dataset.code, dataset.dataset.hash] : null,
];

/** What tells whether the files of a model are still the same, without reading hundreds of megabytes. */
const filesOf = (root: string, { name, pretrained }: Training['model']) =>
  // PyTorch’s exporter keeps the weights of net.onnx in net.onnx.data.
  [name, `${name}.data`, String(pretrained), `${String(pretrained)}.data`].map((path) => {
    const file = statSync(resolve(root, path), { throwIfNoEntry: false });
    return file?.isFile() === true ? [file.size, file.mtimeMs] : null;
  });

const describe = ({ epochs, steps, parameters, device, resumed }: Candidate): string => {
  const size = parameters === null ? '' : `, ${parameters.toLocaleString('en')} parameters`;
  const continued = resumed === null ? '' : `, continued from ${resumed.run}`;
  return epochs === 0
    ? `by command${size}`
    : `${epochs} epochs, ${steps.toLocaleString('en')} steps on ${device}${size}${continued}`;
};
