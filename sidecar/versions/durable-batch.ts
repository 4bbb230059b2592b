import { dirname } from 'node:path';
import { syncFolder, type Draft } from './durable.ts';

/** Files that become durable together: many small ones wait for the disk once and not one after the other. */
export interface DurableBatch {
  /**
   * Takes a draft that is written, and the name that it is to get. When many wait, they are synced, each one, and only
   * then named: whatever happens in between, a name stands for all of its bytes.
   */
  readonly add: (draft: Draft, path: string, bytes: number) => Promise<void>;
  /** Syncs and names those that wait, then syncs the folders of all: what was added is there from now on. */
  readonly settle: () => Promise<void>;
  /** Removes those that wait. */
  readonly discard: () => void;
}

/** Drafts that wait are open files. */
const MOST_FILES = 256;
/** Of drafts that wait, so that an abort is heard soon. */
const MOST_BYTES = 64 << 20;

export const openDurableBatch = (): DurableBatch => {
  const waiting: { readonly draft: Draft; readonly path: string }[] = [];
  const folders = new Set<string>();
  let bytes = 0;
  const name = async () => {
    const syncing = waiting.map(({ draft }) => draft.settle());
    // One that fails must not close those that are still being synced.
    await Promise.allSettled(syncing);
    await Promise.all(syncing);
    for (const { draft, path } of waiting) draft.publish(path);
    waiting.length = 0;
    bytes = 0;
  };
  return {
    add: async (draft, path, size) => {
      waiting.push({ draft, path });
      // The folder of a file may be new itself.
      folders.add(dirname(path)).add(dirname(dirname(path)));
      bytes += size;
      if (waiting.length >= MOST_FILES || bytes >= MOST_BYTES) await name();
    },
    settle: async () => {
      await name();
      for (const folder of folders) syncFolder(folder);
      folders.clear();
    },
    discard: () => {
      for (const { draft } of waiting.splice(0)) draft.discard();
    },
  };
};
