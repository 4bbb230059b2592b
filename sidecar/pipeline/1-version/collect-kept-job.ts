import type { KeptCollection, KeptRestore } from '../../contract/data-upkeep.ts';
import { listKept, removeKept, type KeptFiles } from '../../versions/working/kept-files.ts';
import type { Job } from '../job.ts';

export interface CollectKeptInput {
  /** Folder of all that restores have replaced and kept. */
  readonly kept: string;
  /** What was kept before goes, in milliseconds since 1970; null for all, whatever could still be undone. */
  readonly before: number | null;
  /** What was kept since may be undone by somebody who is there: it stays. */
  readonly undoableSince: number;
  readonly dryRun: boolean;
}

/** Removes what restores have replaced and kept, once it is old. */
export const collectKeptJob: Job<CollectKeptInput, KeptCollection> = async ({ kept, dryRun, ...ages }, context) => {
  const restores = (await listKept(kept, context)).map((found) => toRestore(found, fateOf(found, ages)));
  const due = restores.filter(({ fate }) => fate === 'due');
  if (!dryRun) {
    removeKept(
      kept,
      due.map(({ folder }) => folder),
    );
  }
  return { dryRun, restores, freedBytes: dryRun ? 0 : due.reduce((sum, { bytes }) => sum + bytes, 0) };
};

const fateOf = (
  { at }: KeptFiles,
  { before, undoableSince }: Pick<CollectKeptInput, 'before' | 'undoableSince'>,
): KeptRestore['fate'] => {
  if (before === null) return 'due';
  if (at >= before) return 'young';
  return at >= undoableSince ? 'undoable' : 'due';
};

const toRestore = ({ name, ...found }: KeptFiles, fate: KeptRestore['fate']): KeptRestore => ({
  folder: name,
  ...found,
  fate,
});
