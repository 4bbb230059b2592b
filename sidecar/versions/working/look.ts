import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { resolveData } from '../inside.ts';
import { comparePaths } from '../tree/path-order.ts';
import { aheadOf } from './ahead.ts';
import { indexPath, type DataLocation } from './data-location.ts';
import { startHands } from './hands.ts';
import {
  entriesOfPart,
  mergePart,
  trustAll,
  wholeRange,
  type LookedPart,
  type PartMerge,
  type PartCounts,
  type SharedPart,
  type Trust,
} from './look-part.ts';
import { count } from './report.ts';
import { emptyStatIndex, openStatIndex, type StatIndex } from './stat-index.ts';
import { openStandIn } from './stand-in.ts';
import {
  guessFiles,
  shareWalk,
  walkData,
  type DataOnDisk,
  type DiskFile,
  type FoundBesides,
  type SharedWalk,
} from './walk.ts';

/** The files of a data set as a walk finds them, with all that is known of them without reading one. */
export interface Look extends PartCounts {
  readonly walk: FoundBesides & { readonly data: DataOnDisk };
  /** Whether the files on disk are others than those of the index. */
  readonly differs: boolean;
  /** Before that no file had been looked at. */
  readonly lookedAtMs: number;
  /** The version that the index is of, when nothing differs. */
  readonly version: Hash | null;
  /** Of all files, in path order. */
  readonly entries: () => Generator<Buffer, void>;
  /** Removes what was written down of files that differ. */
  readonly discard: () => void;
}

export interface LookOrder extends DataLocation {
  readonly trust: Trust;
  /** Program of threads, for much work; null to do all in this one. */
  readonly threadProgram: string | null;
  /** Size of an index from which on its files are shared out to threads, in bytes. */
  readonly sharedIndexBytes?: number;
  /** Of files that nobody has looked at yet, how many. */
  readonly sharedFiles?: number;
}

/** Some 75,000 files: fewer are looked at before a thread has started and is warm. */
const SHARED_INDEX_BYTES = 8 << 20;
/** The same of files that nobody has looked at yet: an entry is made for each. */
const SHARED_FILES = 50_000;

/**
 * Walks the data and merges it with the index.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const lookAt = async (order: LookOrder, context: JobContext): Promise<Look> => {
  context.signal.throwIfAborted();
  const { path } = resolveData(order.root, order.path);
  const index = openStatIndex(indexPath({ ...order, path })) ?? emptyStatIndex;
  const shared = shareOut({ ...order, path }, index);
  const drafts = join(order.indexes, `.${randomUUID()}.tmp`);
  const discard = (): void => rmSync(drafts, { recursive: true, force: true });
  try {
    const looked = await (shared === null
      ? lookHere({ ...order, drafts }, index, context)
      : lookInThreads({ ...order, ...shared, path, drafts }, context));
    return { ...joinParts(looked, index), discard };
  } catch (error) {
    discard();
    throw error;
  }
};

interface SharedLook {
  readonly threadProgram: string;
  readonly upper: SharedWalk;
}

/** @returns null for data that is looked at by this thread alone */
const shareOut = (order: LookOrder, index: StatIndex): SharedLook | null => {
  const { root, path, threadProgram, trust } = order;
  const { sharedIndexBytes = SHARED_INDEX_BYTES, sharedFiles = SHARED_FILES } = order;
  if (threadProgram === null) return null;
  if (index === emptyStatIndex) {
    const upper = shareWalk(root, path);
    return guessFiles(upper) < sharedFiles ? null : { threadProgram, upper };
  }
  // Threads have no store to ask whether single files are in it.
  const isTrusted = trust === trustAll || (index.version !== null && trust.version(index.version));
  return index.bytes < sharedIndexBytes || !isTrusted ? null : { threadProgram, upper: shareWalk(root, path) };
};

interface DraftedLook extends LookOrder {
  /** Folder of what is written down of files that differ. */
  readonly drafts: string;
}

/** A walk, and all its parts in order. */
interface Looked extends Pick<Look, 'walk'> {
  readonly parts: readonly LookedPart[];
}

/** In milliseconds. */
const TURN_MS = 50;
/** Files between two looks at the clock. */
const TIMED_FILES = 256;

const lookHere = async (order: DraftedLook, index: StatIndex, context: JobContext): Promise<Looked> => {
  const standIn = openStandIn();
  const { files, ...walk } = walkData(order.root, order.path, standIn !== null);
  const merge = mergePart(order.drafts, index, wholeRange, order.trust);
  const addSome = () => addFor(TURN_MS, files, merge);
  try {
    while (!(standIn === null ? addSome() : standIn(walk.data, addSome))) {
      tellFound(merge.counts.files, context);
      await nextTurn();
      context.signal.throwIfAborted();
    }
    return { walk, parts: [merge.end()] };
  } catch (error) {
    merge.discard();
    throw error;
  }
};

/** @returns whether these were the last */
const addFor = (milliseconds: number, files: Iterator<DiskFile, void>, merge: PartMerge): boolean => {
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    for (let added = 0; added < TIMED_FILES; added++) {
      const next = files.next();
      if (next.done === true) return true;
      merge.add(next.value);
    }
  }
  return false;
};

const tellFound = (files: number, { progress }: JobContext): void => progress(null, `${count(files)} files found`);

interface ThreadedLook extends DraftedLook, SharedLook {
  readonly threadProgram: string;
}

const lookInThreads = async (order: ThreadedLook, context: JobContext): Promise<Looked> => {
  const { root, path, indexes, drafts, threadProgram: program } = order;
  const { data, units, ...besidesUnits } = order.upper;
  let found = 0;
  const hands = startHands({
    role: { role: 'look', root, path, indexes, drafts },
    amount: { files: Number.POSITIVE_INFINITY, bytes: 0 },
    program,
    onDone: (files) => {
      context.signal.throwIfAborted();
      found += files;
      tellFound(found, context);
    },
  });
  const parts: LookedPart[] = [];
  const besides: FoundBesides[] = [besidesUnits];
  try {
    const look = (part: SharedPart) => hands.ask({ type: 'look', ...part });
    for await (const { result } of aheadOf(partsOf(units), look, hands.busyWith)) {
      parts.push(result.part);
      besides.push(result.besides);
      context.signal.throwIfAborted();
    }
    const pathsOf = (of: (found: FoundBesides) => readonly string[]) => besides.flatMap(of).sort(comparePaths);
    const walk = {
      data,
      emptyFolders: pathsOf((of) => of.emptyFolders),
      repositories: pathsOf((of) => of.repositories),
    };
    return { walk, parts };
  } finally {
    await hands.close();
  }
};

/** Parts of a data set: enough for the threads to end together, and none so large that its names fill the memory. */
const PARTS = 16;
const MOST_UNITS = 10_000;

const partsOf = function* (units: readonly string[]): Generator<SharedPart, void> {
  const each = Math.min(MOST_UNITS, Math.ceil(units.length / PARTS));
  for (let at = 0; at < units.length; at += each) {
    const range = { from: at === 0 ? '' : (units[at] ?? ''), until: units[at + each] ?? null };
    yield { units: units.slice(at, at + each), range };
  }
};

const joinParts = ({ walk, parts }: Looked, index: StatIndex): Omit<Look, 'discard'> => {
  const sum = (of: (counts: PartCounts) => number) => parts.reduce((total, { counts }) => total + of(counts), 0);
  const differing = parts.flatMap((part) => part.differing ?? []);
  const differs = differing.length > 0 || parts.length === 0;
  return {
    walk,
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    unread: { files: sum(({ unread }) => unread.files), bytes: sum(({ unread }) => unread.bytes) },
    differs,
    lookedAtMs: differs ? Math.min(...differing.map(({ beganMs }) => beganMs)) : index.lookedAtMs,
    version: differs ? null : index.version,
    entries: function* () {
      for (const part of parts) yield* entriesOfPart(part, index);
    },
  };
};
