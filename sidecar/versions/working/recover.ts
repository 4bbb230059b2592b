import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobContext } from '../../pipeline/job.ts';
import { applyPlan } from './apply-plan.ts';
import { readPlan } from './restore-plan.ts';
import { ifThere } from '../if-there.ts';

export interface RestorePlace {
  /** Folder of the workspace. */
  readonly root: string;
  /** Folder of restores on their way, one folder each; on the disk of the data where possible. */
  readonly restoring: string;
}

/** Below the folder of a restore: the files that come, under their paths. */
export const STAGED = 'files';

/**
 * Ends restores that were interrupted, by a crash or a loss of power: one that had begun to change files goes on, since
 * all that it needs is there; one that had not is forgotten. Says which. Nobody else may restore meanwhile.
 * @throws Fault `restore-refused` where a file cannot be replaced
 */
export const recoverRestores = ({ root, restoring }: RestorePlace, log: JobContext['log']): void => {
  for (const name of ifThere(() => readdirSync(restoring)) ?? []) {
    const folder = join(restoring, name);
    const plan = readPlan(folder);
    if (plan === null) {
      log('info', 'A restore was interrupted before it had changed anything; it was undone.');
    } else {
      const kept = applyPlan({ ...plan, root, staged: join(folder, STAGED) });
      log(
        'warn',
        `A restore of ${plan.path} was interrupted; it was completed.${kept ? ` What it replaced is in ${plan.kept}.` : ''}`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
  }
};
