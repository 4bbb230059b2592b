import type { Clearance } from '../contract/clearance.ts';
import type { Candidate } from '../contract/candidate.ts';
import type { Dataset } from '../contract/dataset.ts';
import type { Deployment } from '../contract/deployment.ts';
import type { Features } from '../contract/features.ts';
import type { Model } from '../contract/model.ts';
import type { Report } from '../contract/report.ts';
import type { Watch } from '../contract/watch.ts';
import { startPipeline } from './pipeline.ts';
import type { Stage, Start } from './stage.ts';

/** One stage of each kind, made by their factories. */
export interface Stages {
  readonly version: Stage<Start, { dataset: Dataset }>;
  readonly featurize: Stage<Start & { dataset: Dataset }, { features: Features }>;
  readonly train: Stage<Start & { dataset: Dataset; features: Features }, { candidate: Candidate }>;
  readonly evaluate: Stage<Start & { features: Features; candidate: Candidate }, { report: Report }>;
  readonly gate: Stage<Start & { report: Report }, { clearance: Clearance }>;
  readonly register: Stage<
    Start & { dataset: Dataset; features: Features; candidate: Candidate; report: Report; clearance: Clearance },
    { model: Model }
  >;
  readonly deploy: Stage<Start & { features: Features; report: Report; model: Model }, { deployment: Deployment }>;
  readonly monitor: Stage<Start & { deployment: Deployment }, { watch: Watch }>;
}

/** The product on one screen: from data to a watched endpoint. */
export const createPipeline = (stages: Stages) =>
  startPipeline<Start>()
    .through(stages.version)
    .through(stages.featurize)
    .through(stages.train)
    .through(stages.evaluate)
    .through(stages.gate)
    .through(stages.register)
    .through(stages.deploy)
    .through(stages.monitor);
