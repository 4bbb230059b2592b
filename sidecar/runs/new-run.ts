import type { RunId } from '../contract/ids.ts';
import { StageName } from '../contract/ids.ts';
import type { Run } from '../contract/run.ts';
import type { RunRequest } from './run-request.ts';

/** A run that has done nothing yet. */
export const newRun = (
  id: RunId,
  request: RunRequest,
  environment: Readonly<Record<string, string>>,
  now: number,
): Run => ({
  id,
  experiment: request.experiment,
  status: 'queued',
  configuration: request.configuration,
  createdAt: now,
  startedAt: null,
  endedAt: null,
  stages: StageName.options.map((stage) => ({
    stage,
    status: 'waiting',
    startedAt: null,
    endedAt: null,
    fraction: null,
    note: null,
  })),
  epoch: null,
  epochs: request.training.training.epochs,
  metric: null,
  changes: [],
  model: null,
  reasons: [],
  fault: null,
  training: request.training,
  overrides: { ...request.overrides },
  fingerprints: null,
  environment: { ...environment },
  nouns: {},
});
