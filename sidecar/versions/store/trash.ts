import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '../durable.ts';
import { parsePackFile } from './pack-file.ts';

/**
 * Where packs go before they are removed: one folder a collection, named by its time. A pack leaves and comes back
 * by renames alone: its index goes first and comes last, so that no index ever names a pack that is not there.
 */
export interface Trash {
  /** Takes a pack away. Nothing happens when another process has done it. */
  readonly retire: (pack: string) => void;
  /** Brings back what was retired at `since` or later, in milliseconds since 1970. @returns the number of packs */
  readonly bringBack: (since: number) => number;
  /** Removes for good what was retired before `until`. @returns the bytes that were freed */
  readonly empty: (until: number) => number;
}

/** Time stamps of folders may be that much older than the clock, in milliseconds. */
const CLOCK_GRAIN_MS = 2_000;

/** @param folder `.trainyard/data`  @param now names the folder of what this one retires */
export const openTrash = (folder: string, now: number): Trash => {
  const packs = join(folder, 'packs');
  const trash = join(folder, 'trash');
  const here = join(trash, String(now));
  return {
    retire: (pack) => {
      makeFolder(here);
      for (const part of ['index', 'pack']) {
        move(join(packs, `${pack}.${part}`), join(here, `${pack}.${part}`));
        // First where it is now, so that a power loss may leave it at both places and never at none.
        syncFolder(here);
        syncFolder(packs);
      }
    },
    bringBack: (since) => {
      let count = 0;
      for (const batch of batches(trash)) {
        // The time of the last pack that came in: a collection may have begun before and gone on.
        if (timeOf(batch) >= since - CLOCK_GRAIN_MS) count += bringBackAll(batch, packs);
      }
      return count;
    },
    empty: (until) => {
      let freed = 0;
      for (const batch of batches(trash)) {
        if (timeOf(batch) >= until) continue;
        for (const file of readdirSync(batch)) freed += statSync(join(batch, file)).size;
        rmSync(batch, { recursive: true });
      }
      return freed;
    },
  };
};

const bringBackAll = (batch: string, packs: string): number => {
  const names = new Set(readdirSync(batch).flatMap((file) => parsePackFile(file)?.name ?? []));
  for (const name of names) {
    for (const part of ['pack', 'index']) {
      move(join(batch, `${name}.${part}`), join(packs, `${name}.${part}`));
      syncFolder(packs);
    }
  }
  rmSync(batch, { recursive: true, force: true });
  return names.size;
};

const batches = (trash: string): string[] =>
  existsSync(trash) ? readdirSync(trash).map((name) => join(trash, name)) : [];

const timeOf = (batch: string): number => statSync(batch, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const move = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
};
