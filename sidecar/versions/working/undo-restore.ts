import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nothingKept } from '../../faults.ts';
import { ifThere } from '../if-there.ts';
import { applyPlan, locateTarget, statOf } from './apply-plan.ts';
import { journalOf, keptFolder, readJournal, seenOf, type Plan, type Seen, type Step } from './restore-plan.ts';
import type { Restored } from './restore.ts';

export interface UndoOrder {
  /** Folder of the workspace. */
  readonly root: string;
  /** The data set, relative to it. */
  readonly path: string;
  /** The folder that the restore has named, with all that it replaced and removed. */
  readonly undo: string;
  /** Folder of all such folders. */
  readonly kept: string;
}

/**
 * Takes back a restore that kept all it replaced: by its journal, in the other direction, one rename a file. What the
 * restore wrote goes, since a version holds it; what was written there since is kept. Interrupted, it leaves the rest in
 * the folder, and can be asked for again.
 * @throws Fault `request-invalid` where no restore of this data has kept that, `restore-refused` where the system does
 * not let a file be replaced
 */
export const undoRestore = ({ root, path, undo, kept: all }: UndoOrder): Restored => {
  const plan = readJournal(undo);
  if (plan?.path !== path) throw nothingKept(undo);
  const kept = keptFolder(all);
  const anyKept = applyPlan({ ...plan, root, kept, staged: undo, steps: () => reverse(plan, root, undo) });
  const counts = { written: 0, removed: 0 };
  for (const { seen } of plan.steps()) counts[seen === null ? 'removed' : 'written'] += 1;
  rmSync(journalOf(undo));
  removeEmptied(undo);
  return { ...counts, kept: anyKept ? kept : null };
};

const reverse = function* (plan: Plan, root: string, undo: string): Generator<Step, void> {
  const { ctimeMs: doneAtMs } = statSync(journalOf(undo));
  /** How a file lies there, if nobody has touched it since the restore. */
  const untouched = (path: string): Seen | null => {
    const stat = statOf(locateTarget({ ...plan, root }, path));
    return stat === undefined || stat.ctimeMs > doneAtMs ? null : seenOf(stat);
  };
  for (const { path, change, to, seen } of plan.steps()) {
    const step = { path, seen: untouched(path), keep: false };
    if (change === 'mode') yield { ...step, change, to: to === null ? null : { ...to, executable: !to.executable } };
    else yield { ...step, change: seen === null ? 'remove' : 'write', to: null };
  }
};

/** What could not be put back stays. */
const removeEmptied = (folder: string): void => {
  for (const entry of ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    if (entry.isDirectory()) removeEmptied(join(folder, entry.name));
  }
  if (ifThere(() => readdirSync(folder))?.length === 0) rmdirSync(folder);
};
