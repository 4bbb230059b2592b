import type { Dataset } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import { settingsThatMatter } from '../../datasets/build-features.ts';
import type { Job } from '../job.ts';
import { done, type Stage, type Start } from '../stage.ts';
import type { FeaturizeInput } from './job.ts';

export interface FeaturizeNeeds {
  readonly featurize: Job<FeaturizeInput, Features>;
  readonly dataFolder: string;
  readonly featuresFolder: string;
}

/** Decodes, splits and learns the transforms. Equal data under equal settings give the rows that are there. */
export const createFeaturizeStage = (
  needs: FeaturizeNeeds,
): Stage<Start & { dataset: Dataset }, { features: Features }> => ({
  name: 'featurize',
  key: ({ dataset, training }) => [
    dataset.dataset.hash,
    dataset.dataset.kind,
    settingsThatMatter(training.data),
    training.features,
  ],
  run: async ({ dataset, training }, context) => {
    const { dataFolder, featuresFolder } = needs;
    const features = await needs.featurize(
      { dataset: dataset.dataset, data: training.data, features: training.features, dataFolder, featuresFolder },
      context,
    );
    return done({ features }, describe(features));
  },
});

const describe = ({ rows, classes, inputShape, task }: Features): string => {
  const what = task === 'classification' ? `${classes.length} classes` : 'regression';
  const counts = [rows.train, rows.validation, rows.test].map((count) => count.toLocaleString('en')).join(' / ');
  return `${counts} rows of ${inputShape.join(' × ')}, ${what}`;
};
