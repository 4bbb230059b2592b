import type { Deployment } from '../../contract/deployment.ts';
import type { Features } from '../../contract/features.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Model } from '../../contract/model.ts';
import type { Report } from '../../contract/report.ts';
import type { Endpoints } from '../../serving/endpoints.ts';
import type { Job } from '../job.ts';
import { done, ended, type Stage, type Start } from '../stage.ts';
import type { ReferenceInput } from './job.ts';
import { watchSettingsOf } from './watch-settings.ts';

type Needs = Start & { features: Features; report: Report; model: Model };

interface DeployNeeds {
  readonly endpoints: Pick<Endpoints, 'prepare' | 'deploy' | 'deployed'>;
  readonly reference: Job<ReferenceInput, { readonly reference: Hash }>;
  /** Version that the champion of a model points to, null when it has none. */
  readonly champion: (model: string) => number | null;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
}

/**
 * Deploys the champion. The reference that its traffic will be compared with is fixed here, for any version:
 * one that is promoted later, or comes back by a rollback, brings its own.
 */
export const createDeployStage = (needs: DeployNeeds): Stage<Needs, { deployment: Deployment }> => ({
  name: 'deploy',
  // Deploying acts on the world; what was done for an earlier run may have been undone since.
  key: () => null,
  run: async ({ training, features, report, model }, context) => {
    const { endpoints, objectsFolder, featuresFolder } = needs;
    const watch = watchSettingsOf(training.monitor);
    const { reference } = await needs.reference(
      { features, predictions: report.predictions, windowRows: watch.windowRows, objectsFolder, featuresFolder },
      context,
    );
    const { port, strategy } = training.deploy;
    endpoints.prepare({ model, reference, watch, port });
    const wait = reasonToWait(strategy, model, needs.champion(model.name));
    if (wait !== null) return ended({ deployment: endpoints.deployed(model.name) ?? awaited(model, reference) }, wait);
    const deployment = await endpoints.deploy(model);
    return done({ deployment }, `${model.name} v${model.version} is deployed`);
  },
});

/** A model that waits for a person has passed its gates: its run is done, and says what it waits for. */
const reasonToWait = (strategy: string, { name, version }: Model, champion: number | null): string | null => {
  if (strategy === 'none') return `deploy.strategy is none: ${name} v${version} is registered and not deployed`;
  return champion === version ? null : `v${version} waits for promotion: trainyard promote ${name} v${version}`;
};

/** What would be deployed, since nothing is. */
const awaited = ({ name, version, createdAt }: Model, reference: Hash): Deployment => ({
  endpoint: name,
  model: name,
  version,
  reference,
  since: createdAt,
});
