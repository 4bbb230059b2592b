import type { Hash } from '../../contract/ids.ts';
import { comparePaths } from '../tree/path-order.ts';
import { isRacy, listOf, openEntryCursor, pathOf, toVersionFile, unreadEntry } from './index-entry.ts';
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

const entriesWithin = function* (index: StatIndex, { from, until }: PartRange): Generator<Buffer, void> {
  for (const entry of index.entries(from)) {
    const path = pathOf(entry);
    if (until !== null && comparePaths(path, until) >= 0) return;
    if (comparePaths(path, from) >= 0) yield entry;
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
  const known = openEntryCursor(index.blocks(range.from));
  while (known.isThere() && comparePaths(known.path(), range.from) < 0) known.next();
  const counts = { files: 0, bytes: 0, unread: { files: 0, bytes: 0 } };
  let agreed = 0;
  let draft: StatIndexDraft | null = null;

  const differ = (): StatIndexDraft => {
    if (draft !== null) return draft;
    draft = draftStatIndex(drafts);
    const before = entriesWithin(index, range);
    for (let at = 0; at < agreed; at++) {
      const next = before.next();
      if (next.done !== true) draft.append(next.value);
    }
    return draft;
  };
  /** @returns whether there is an entry of this path; those before it are of files that are gone */
  const goTo = (path: string): boolean => {
    while (known.isThere()) {
      if (known.hasPath(path)) return true;
      if (comparePaths(known.path(), path) > 0) return false;
      differ();
      known.next();
    }
    return false;
  };
  const isKnown = ({ stat }: DiskFile): boolean =>
    known.isReadOf(stat) &&
    !isRacy(stat, index.lookedAtMs) &&
    (isTrusted || trust.content(toVersionFile(known.entry()).content));

  return {
    counts,
    add: (file) => {
      const isListed = goTo(file.path);
      counts.files += 1;
      counts.bytes += file.stat.size;
      if (isListed && isKnown(file)) {
        if (draft === null) agreed += 1;
        else draft.append(known.entry());
      } else {
        differ().append(unreadEntry(file, isListed ? listOf(known.entry()) : null));
        counts.unread.files += 1;
        counts.unread.bytes += file.stat.size;
      }
      if (isListed) known.next();
    },
    end: () => {
      if (known.isThere() && (range.until === null || comparePaths(known.path(), range.until) < 0)) differ();
      const differing = draft === null ? null : { place: draft.leave(), beganMs: draft.beganMs };
      return { ...range, counts, differing };
    },
    discard: () => {
      draft?.discard();
    },
  };
};
