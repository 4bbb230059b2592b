import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';
import type { CheckedState, Judged } from '../../datasets/quality/check-state.ts';
import type { Job, JobContext } from '../job.ts';
import type { CheckDataInput } from './check-job.ts';

export interface CheckNeeds {
  readonly check: Job<CheckDataInput, CheckedState>;
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly indexes: string;
  readonly derived: string;
}

interface CheckedData {
  readonly root: string;
  readonly path: string;
  readonly state: Hash | 'disk';
  readonly data: Pick<Training['data'], 'checks' | 'target'>;
}

/** Judges `data.checks` on a version or on the disk. */
export const judgeData = (
  { root, path, state, data }: CheckedData,
  { check, dataFolder, indexes, derived }: CheckNeeds,
  context: JobContext,
): Promise<CheckedState> => {
  const target = data.target ?? null;
  return check({ root, path, dataFolder, indexes, derived, state, rules: data.checks, target }, context);
};

/**
 * Judges the checks of a run before anything is learned from the data; what is broken goes to the log.
 * @returns why the run is held: the broken conditions that block
 */
export const checkVersion = async (
  { root, dataset, data }: { readonly root: string; readonly dataset: DatasetVersion; readonly data: Training['data'] },
  needs: CheckNeeds,
  context: JobContext,
): Promise<readonly string[]> => {
  if (data.checks.length === 0) return [];
  const { judged } = await judgeData({ root, path: dataset.path, state: dataset.hash, data }, needs, context);
  for (const one of judged) context.log(one.passed ? 'info' : 'warn', brokenText(one));
  return judged.filter(({ passed, onFail }) => !passed && onFail === 'block').map(brokenText);
};

/** `data.checks[1]: age is 0 to 120. 3 of 500 rows break it, …` */
export const brokenText = ({ index, words, sentence }: Pick<Judged, 'index' | 'words' | 'sentence'>): string =>
  `data.checks[${index}]: ${words}. ${sentence}`;
