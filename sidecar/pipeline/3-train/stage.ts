import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Candidate } from '../../contract/candidate.ts';
import type { Dataset } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { RunId } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';
import type { Job } from '../job.ts';
import { done, ended, type Stage, type Start } from '../stage.ts';
import type { TrainInput } from './train-input.ts';

interface TrainNeeds {
  readonly train: Job<TrainInput, Candidate>;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
  /** A folder of the run's own, for what a command leaves. */
  readonly outFolder: (run: RunId) => string;
  readonly environment: Readonly<Record<string, string>>;
}

type Needs = Start & { dataset: Dataset; features: Features };

/** Trains a model as the configuration says. Equal features, settings, seed and environment reuse the earlier model. */
export const createTrainStage = (needs: TrainNeeds): Stage<Needs, { candidate: Candidate }> => ({
  name: 'train',
  key: ({ root, training, dataset, features }) =>
    training.training.engine === 'command' && dataset.code.commit === null
      ? // Outside Git nobody knows whether the script is the same.
        null
      : [
          features.hash,
          training.model,
          filesOf(root, training.model),
          training.data.batch_size,
          training.data.augment,
          training.optimizer,
          training.training,
          needs.environment,
          training.training.engine === 'command' ? [dataset.code, dataset.dataset.hash] : null,
        ],
  run: async ({ root, training, dataset, features }, context) => {
    const candidate = await needs.train(
      {
        root,
        training,
        dataset: dataset.dataset,
        features,
        run: context.run,
        objectsFolder: needs.objectsFolder,
        featuresFolder: needs.featuresFolder,
        outFolder: needs.outFolder(context.run),
      },
      context,
    );
    if (candidate.model === null) {
      return ended({ candidate }, 'the command left no model.onnx, so there is nothing to evaluate');
    }
    return done({ candidate }, describe(candidate));
  },
});

/** What tells whether the files of a model are still the same, without reading hundreds of megabytes. */
const filesOf = (root: string, { name, pretrained }: Training['model']) =>
  [name, String(pretrained)].map((path) => {
    const file = statSync(resolve(root, path), { throwIfNoEntry: false });
    return file?.isFile() === true ? [file.size, file.mtimeMs] : null;
  });

const describe = ({ epochs, steps, parameters, device }: Candidate): string => {
  const size = parameters === null ? '' : `, ${parameters.toLocaleString('en')} parameters`;
  return epochs === 0
    ? `by command${size}`
    : `${epochs} epochs, ${steps.toLocaleString('en')} steps on ${device}${size}`;
};
