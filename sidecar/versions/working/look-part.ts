import type { Hash } from '../../contract/ids.ts';
import { comparePaths } from '../tree/path-order.ts';
import { isRacy, isRead, isSameFile, listOf, pathOf, toVersionFile, unreadEntry } from './index-entry.ts';
import { draftStatIndex, readEntries, type StatIndex, type StatIndexDraft } from './stat-index.ts';
import type { DiskFile } from './walk.ts';

/** Whether bytes that the index names may be left unread. */
export interface Trust {
  readonly content: (content: Hash) => boolean;
  /** Of a version, and with it all of its bytes. */
  readonly version: (version: Hash) => boolean;
}

/** For those who only want to know names: whether the bytes are stored makes no difference. */
export const trustAll: Trust = { content: () => true, version: () => true };

/** Files that lie next to each other in the order of paths: all of a data set, or what one thread looks at. */
export interface PartRange {
  /** First path that can be in it; empty for the beginning. */
  readonly from: string;
  /** First path behind it; null for the end. */
  readonly until: string | null;
}

export const wholeRange: PartRange = { from: '', until: null };

/** What one thread looks at. */
export interface SharedPart {
  readonly units: readonly string[];
  readonly range: PartRange;
}

export interface PartCounts {
  readonly files: number;
  readonly bytes: number;
  /** Files whose bytes must be read to be known. */
  readonly unread: { readonly files: number; readonly bytes: number };
}

/** What a look at a part came to: plain data, since threads answer with it. */
export interface LookedPart extends PartRange {
  readonly counts: PartCounts;
  /** Where its files differ from the index, its entries, and the time before which they had not been looked at. */
  readonly differing: { readonly place: string; readonly beganMs: number } | null;
}

/** The entries of a part, from the index where nothing differs. */
export const entriesOfPart = ({ differing, from, until }: LookedPart, index: StatIndex): Generator<Buffer, void> =>
  differing === null ? entriesWithin(index, { from, until }) : readEntries(differing.place);

const entriesWithin = function* (index: StatIndex, range: PartRange): Generator<Buffer, void> {
  const cursor = openCursor(index, range);
  while (cursor.entry !== null) {
    yield cursor.entry;
    cursor.next();
  }
};

export interface PartMerge {
  readonly counts: PartCounts;
  /** The next file on disk. */
  readonly add: (file: DiskFile) => void;
  readonly end: () => LookedPart;
  readonly discard: () => void;
}

/**
 * Two sorted lists side by side, of files on disk and of an index. As long as they agree nothing is written; at the
 * first file where they do not, what agreed is copied to a draft, and the draft is what goes on.
 * @param drafts folder of them
 */
export const mergePart = (drafts: string, index: StatIndex, range: PartRange, trust: Trust): PartMerge => {
  const isTrusted = index.version !== null && trust.version(index.version);
  const known = openCursor(index, range);
  const counts = { files: 0, bytes: 0, unread: { files: 0, bytes: 0 } };
  let agreed = 0;
  let draft: StatIndexDraft | null = null;

  const differ = (): StatIndexDraft => {
    if (draft !== null) return draft;
    draft = draftStatIndex(drafts);
    const before = openCursor(index, range);
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
    add: (file) => {
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
        differ().append(unreadEntry(file, entry === null ? null : listOf(entry)));
        counts.unread.files += 1;
        counts.unread.bytes += file.stat.size;
      }
      if (entry !== null) known.next();
    },
    end: () => {
      if (known.entry !== null) differ();
      const differing = draft === null ? null : { place: draft.leave(), beganMs: draft.beganMs };
      return { ...range, counts, differing };
    },
    discard: () => {
      draft?.discard();
    },
  };
};

/** The entries of a range one at a time, with their paths. */
const openCursor = (index: StatIndex, { from, until }: PartRange) => {
  const entries = index.entries(from);
  const cursor = {
    entry: null as Buffer | null,
    path: '',
    next: () => {
      const taken = entries.next();
      cursor.entry = taken.done === true ? null : taken.value;
      cursor.path = cursor.entry === null ? '' : pathOf(cursor.entry);
      if (until !== null && comparePaths(cursor.path, until) >= 0) cursor.entry = null;
    },
  };
  do cursor.next();
  while (cursor.entry !== null && comparePaths(cursor.path, from) < 0);
  return cursor;
};
