import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { sha256Of } from '../hash.ts';
import { comparePaths } from '../tree/path-order.ts';
import { isRacy, isRead, isSameFile, pathOf, toVersionFile, unreadEntry } from './index-entry.ts';
import { draftStatIndex, emptyStatIndex, openStatIndex, type StatIndex, type StatIndexDraft } from './stat-index.ts';
import { walkData, type DiskFile, type Walk } from './walk.ts';

export interface DataLocation {
  /** Folder of the workspace. */
  readonly root: string;
  /** The data set, relative to it. */
  readonly path: string;
  /** Folder of stat indexes, one a data set. */
  readonly indexes: string;
}

/** The files of a data set as a walk finds them, with all that is known of them without reading one. */
export interface Look {
  readonly walk: Walk;
  readonly files: number;
  readonly bytes: number;
  /** Files whose bytes must be read to be known. */
  readonly unread: { readonly files: number; readonly bytes: number };
  /** Null when the files on disk are exactly those of the index: then nothing was written. */
  readonly draft: StatIndexDraft | null;
  /** Before that no file had been looked at. */
  readonly lookedAtMs: number;
  /** The version that the index is of, when there is no draft. */
  readonly version: Hash | null;
  /** Of all files, in path order. */
  readonly entries: () => Generator<Buffer, void>;
}

/** Whether bytes that the index names may be left unread. */
export interface Trust {
  readonly content: (content: Hash) => boolean;
  /** Of a version, and with it all of its bytes. */
  readonly version: (version: Hash) => boolean;
}

/** For those who only want to know names: whether the bytes are stored makes no difference. */
export const trustAll: Trust = { content: () => true, version: () => true };

/** @param location with the path as it is tidied */
export const indexPath = ({ indexes, path }: Pick<DataLocation, 'indexes' | 'path'>): string =>
  join(indexes, `${sha256Of(path).slice(0, 16)}.index`);

const TURN_MS = 50;

/**
 * Walks the data and merges it with the index.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const lookAt = async (data: DataLocation, trust: Trust, context: JobContext): Promise<Look> => {
  context.signal.throwIfAborted();
  const walk = walkData(data.root, data.path);
  const index = openStatIndex(indexPath({ ...data, path: walk.data.path })) ?? emptyStatIndex;
  const merge = openMerge(data.indexes, index, trust);
  let turnedAt = performance.now();
  try {
    for (const file of walk.files) {
      merge.add(file);
      if (performance.now() - turnedAt < TURN_MS) continue;
      context.progress(null, `${merge.counts.files.toLocaleString('en')} files found`);
      await nextTurn();
      context.signal.throwIfAborted();
      turnedAt = performance.now();
    }
    const draft = merge.end();
    return {
      walk,
      ...merge.counts,
      draft,
      lookedAtMs: draft === null ? index.lookedAtMs : draft.beganMs,
      version: draft === null ? index.version : null,
      entries: (draft ?? index).entries,
    };
  } catch (error) {
    merge.discard();
    throw error;
  }
};

/**
 * Two sorted lists side by side. As long as they agree nothing is written; at the first file where they do not, what
 * agreed is copied to a draft, and the draft is what goes on.
 */
const openMerge = (folder: string, index: StatIndex, trust: Trust) => {
  const isTrusted = index.version !== null && trust.version(index.version);
  const known = cursorOf(index);
  const counts = { files: 0, bytes: 0, unread: { files: 0, bytes: 0 } };
  let agreed = 0;
  let draft: StatIndexDraft | null = null;

  const differ = (): StatIndexDraft => {
    if (draft !== null) return draft;
    draft = draftStatIndex(folder);
    const before = cursorOf(index);
    for (let at = 0; at < agreed && before.entry !== null; at++) {
      draft.append(before.entry);
      before.next();
    }
    return draft;
  };
  const isKnown = (entry: Buffer, { stat }: DiskFile): boolean =>
    isRead(entry) &&
    isSameFile(entry, stat) &&
    !isRacy(stat, index.lookedAtMs) &&
    (isTrusted || trust.content(toVersionFile(entry).content));

  return {
    counts,
    add: (file: DiskFile) => {
      while (known.entry !== null && known.path !== file.path && comparePaths(known.path, file.path) < 0) {
        differ();
        known.next();
      }
      const entry = known.path === file.path ? known.entry : null;
      counts.files += 1;
      counts.bytes += file.stat.size;
      if (entry !== null && isKnown(entry, file)) {
        if (draft === null) agreed += 1;
        else draft.append(entry);
      } else {
        differ().append(unreadEntry(file));
        counts.unread.files += 1;
        counts.unread.bytes += file.stat.size;
      }
      if (entry !== null) known.next();
    },
    /** @returns null when the lists agree */
    end: (): StatIndexDraft | null => {
      if (known.entry !== null) differ();
      return draft;
    },
    discard: () => {
      draft?.discard();
    },
  };
};

/** One entry at a time, with its path. */
const cursorOf = (index: StatIndex) => {
  const entries = index.entries();
  const cursor = {
    entry: null as Buffer | null,
    path: '',
    next: () => {
      const taken = entries.next();
      cursor.entry = taken.done === true ? null : taken.value;
      cursor.path = cursor.entry === null ? '' : pathOf(cursor.entry);
    },
  };
  cursor.next();
  return cursor;
};
