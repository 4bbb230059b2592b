import { watch, type FSWatcher } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DataWatching } from '../contract/dataset.ts';

/** What happens within this time is told of once. */
const SETTLE_MS = 500;
/** With more folders the first are watched, and the rest is looked at every `LOOK_EVERY_MS`. */
const MOST_FOLDERS = 2_000;
const LOOK_EVERY_MS = 5 * 60_000;
/** One watch there sees a whole tree; on Linux each folder needs one of its own, and Node would even take one a file. */
const seesTrees = process.platform === 'darwin' || process.platform === 'win32';

export interface DataWatch {
  /**
   * Watches a data set as it lies on disk now: its folders, or the file itself. Called again, it follows folders that
   * have come and lets go of those that are gone.
   * @param path relative to the workspace; nothing need be there yet
   */
  readonly follow: (path: string) => Promise<DataWatching>;
  readonly stop: () => void;
}

export interface DataWatchNeeds {
  readonly root: string;
  /** Something at this data set may have changed. */
  readonly tell: (path: string) => void;
  readonly mostFolders?: number;
}

/**
 * Tells when a data set may have changed. A folder's watch hears of changes to the files in it, so that files need none:
 * on 100,000 files in 100 folders this takes 101 watches and no look at any file, where chokidar looks at every file
 * even when it is told to ignore them (test/bench/data/watch.ts). Links are not followed.
 */
export const watchData = ({ root, tell, mostFolders = MOST_FOLDERS }: DataWatchNeeds): DataWatch => {
  const followed = new Map<string, { readonly set: WatchedSet; last: Promise<DataWatching> }>();
  return {
    follow: (path) => {
      const set = followed.get(path)?.set ?? watchSet(resolve(root, path), () => tell(path));
      const before = followed.get(path)?.last ?? Promise.resolve();
      const last = before.then(() => set.place(mostFolders));
      followed.set(path, { set, last });
      return last;
    },
    stop: () => {
      for (const { set } of followed.values()) set.close();
      followed.clear();
    },
  };
};

interface WatchedSet {
  readonly place: (mostFolders: number) => Promise<DataWatching>;
  readonly close: () => void;
}

const watchSet = (place: string, touched: () => void): WatchedSet => {
  const watchers = new Map<string, FSWatcher>();
  let settling: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let closed = false;
  const hear = () => {
    settling ??= setTimeout(() => {
      settling = undefined;
      touched();
    }, SETTLE_MS);
  };
  /** @returns false when the system gives no more watches */
  const add = (folder: string, only: string | null): boolean => {
    if (closed || watchers.has(folder)) return true;
    const watcher = openWatch(folder, (name) => {
      if (only === null || name === null || name === only) hear();
    });
    if (typeof watcher === 'string') return watcher === 'absent';
    watcher.on('error', () => {
      watcher.close();
      watchers.delete(folder);
      hear();
    });
    watchers.set(folder, watcher);
    return true;
  };
  return {
    place: async (mostFolders) => {
      // The folder around it hears when the data set comes, goes, or is replaced as a whole.
      add(dirname(place), basename(place));
      const seen = new Set<string>([dirname(place)]);
      let complete = true;
      for await (const folder of foldersOf(place)) {
        complete = seen.size <= mostFolders && add(folder, null);
        seen.add(folder);
        if (!complete || seesTrees) break;
      }
      for (const [folder, watcher] of watchers) {
        if (seen.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      clearInterval(looking);
      if (!complete && !closed) looking = setInterval(touched, LOOK_EVERY_MS).unref();
      return { folders: watchers.size, complete, lookEveryMs: complete ? null : LOOK_EVERY_MS };
    },
    close: () => {
      closed = true;
      clearTimeout(settling);
      clearInterval(looking);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
};

/** What the system says when it gives no more watches. */
const exhausted = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);
/** It was there a moment ago, or may not be looked into; whoever reads the data says so. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

const openWatch = (folder: string, hear: (name: string | null) => void): FSWatcher | 'exhausted' | 'absent' => {
  try {
    return watch(folder, { persistent: false, recursive: seesTrees }, (_change, name) => hear(name));
  } catch (error) {
    if (exhausted.has(codeOf(error))) return 'exhausted';
    if (absent.has(codeOf(error))) return 'absent';
    throw error;
  }
};

/** A folder and all below it, each told of before it is read, so that what comes meanwhile is heard. */
const foldersOf = async function* (place: string): AsyncGenerator<string, void> {
  const waiting = [place];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await opendir(folder, { bufferSize: 1_024 }).catch((error: unknown) => {
      if (absent.has(codeOf(error))) return null;
      throw error;
    });
    if (entries === null) continue;
    yield folder;
    for await (const entry of entries) if (entry.isDirectory()) waiting.push(join(folder, entry.name));
  }
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
