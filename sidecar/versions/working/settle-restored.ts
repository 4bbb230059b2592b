import { statSync } from 'node:fs';
import { comparePaths } from '../tree/path-order.ts';
import type { Hash } from '../../contract/ids.ts';
import { locateTarget } from './apply-plan.ts';
import type { Disk } from './disk.ts';
import { asUnread, isRacy, pathOf, readEntry, stampOf, unreadEntry } from './index-entry.ts';
import { indexPath, type DataLocation } from './data-location.ts';
import type { PlanDraft, Step } from './restore-plan.ts';
import { draftStatIndex, type StatIndexDraft } from './stat-index.ts';

interface Settling extends DataLocation {
  readonly type: 'file' | 'folder';
  readonly version: Hash;
  readonly paths: readonly string[] | null;
  /** As it was before. */
  readonly disk: Disk | null;
}

/** Remembers what a restore has written, so that the next look need not read it. */
export const settleRestored = (plan: PlanDraft, order: Settling): void => {
  const { disk } = order;
  const draft = draftStatIndex(order.indexes);
  try {
    const steps = plan.steps();
    let step = steps.next();
    const takeStepsUpTo = (path: string): boolean => {
      let last = '';
      for (; step.done !== true && comparePaths(step.value.path, path) <= 0; step = steps.next()) {
        appendStep(draft, step.value, order);
        last = step.value.path;
      }
      return last === path;
    };
    for (const entry of disk?.entries() ?? []) {
      if (takeStepsUpTo(pathOf(entry))) continue;
      // Its time stamp proves nothing at the time of the new index either.
      draft.append(isRacy(stampOf(entry), disk?.lookedAtMs ?? 0) ? asUnread(entry) : entry);
    }
    for (; step.done !== true; step = steps.next()) appendStep(draft, step.value, order);
    const version = order.paths === null ? order.version : null;
    draft.publish(indexPath(order), { lookedAtMs: draft.beganMs, version });
  } finally {
    draft.discard();
  }
};

const appendStep = (draft: StatIndexDraft, { path, to }: Step, order: Settling): void => {
  if (to === null) return;
  const stat = statSync(locateTarget(order, path), { throwIfNoEntry: false });
  if (stat === undefined) return;
  const asRestored = stat.size === to.size;
  draft.append(asRestored ? readEntry({ path, stat }, to) : unreadEntry({ path, stat }));
};
