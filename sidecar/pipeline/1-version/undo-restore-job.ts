import type { Hash } from '../../contract/ids.ts';
import { needVersion, openDataStore } from '../../versions/data-store.ts';
import { pointedData } from '../../versions/dvc/pointed-data.ts';
import { undoRestore, type UndoOrder } from '../../versions/working/undo-restore.ts';
import type { Job } from '../job.ts';
import type { RestoreOutput } from './restore-job.ts';

export interface UndoInput extends UndoOrder {
  readonly dataFolder: string;
  /** What the pointer named before the restore. */
  readonly version: Hash;
}

/** Takes back a restore that kept all it replaced. */
export const undoRestoreJob: Job<UndoInput, RestoreOutput> = (input) => {
  const store = openDataStore(input.dataFolder);
  const pointed = pointedData(store, needVersion(store, input.version));
  return Promise.resolve({ ...undoRestore(input), pointed });
};
