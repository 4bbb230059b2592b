import type { Hash } from '../contract/ids.ts';
import { Prediction, type Report } from '../contract/report.ts';
import type { Comparison, Curve, Run } from '../contract/run.ts';
import type { Job } from '../pipeline/job.ts';
import { createObjects } from '../versions/objects.ts';
import { compareRuns } from './compare.ts';

export interface CompareInput {
  readonly runs: readonly Run[];
  readonly curves: readonly Curve[];
  /** File-level difference to the base's data in words, by run, where the versions differ. */
  readonly dataDifferences: Readonly<Record<string, string>>;
  readonly objectsFolder: string;
}

/** Compares runs: a job, since it resamples every prediction that two runs have in common. */
export const compareJob: Job<CompareInput, Comparison> = ({ objectsFolder, ...compared }) => {
  const objects = createObjects(objectsFolder);
  const read = (hash: Hash) => Prediction.array().parse(JSON.parse(objects.get(hash).toString('utf8')));
  return Promise.resolve(compareRuns({ ...compared, predictions: (report: Report) => read(report.predictions) }));
};
