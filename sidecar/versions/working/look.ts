import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { resolveData } from '../inside.ts';
import { comparePaths } from '../tree/path-order.ts';
import { aheadOf } from './ahead.ts';
import { indexPath, type DataLocation } from './data-location.ts';
import { startHands } from './hands.ts';
import {
  discardPart,
  entriesOfPart,
  mergePart,
  trustAll,
  wholeRange,
  type LookedPart,
  type PartCounts,
  type SharedPart,
  type Trust,
} from './look-part.ts';
import { emptyStatIndex, openStatIndex, type StatIndex } from './stat-index.ts';
import { shareWalk, walkData, type DataOnDisk, type FoundBesides } from './walk.ts';

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
}

/** Some 200,000 files: fewer are looked at before threads have started and are warm. */
const SHARED_INDEX_BYTES = 24 << 20;

/**
 * Walks the data and merges it with the index.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const lookAt = async (order: LookOrder, context: JobContext): Promise<Look> => {
  context.signal.throwIfAborted();
  const { path } = resolveData(order.root, order.path);
  const index = openStatIndex(indexPath({ ...order, path })) ?? emptyStatIndex;
  const { trust, threadProgram, sharedIndexBytes = SHARED_INDEX_BYTES } = order;
  // Threads have no store to ask whether single files are in it.
  const isTrusted = trust === trustAll || (index.version !== null && trust.version(index.version));
  return threadProgram === null || index.bytes < sharedIndexBytes || !isTrusted
    ? lookHere(order, index, context)
    : lookInThreads({ ...order, path, threadProgram }, index, context);
};

/** In milliseconds. */
const TURN_MS = 50;

const lookHere = async (order: LookOrder, index: StatIndex, context: JobContext): Promise<Look> => {
  const { files, ...walk } = walkData(order.root, order.path);
  const merge = mergePart(order.indexes, index, wholeRange, order.trust);
  let turnedAt = performance.now();
  try {
    for (const file of files) {
      merge.add(file);
      if (performance.now() - turnedAt < TURN_MS) continue;
      tellFound(merge.counts.files, context);
      await nextTurn();
      context.signal.throwIfAborted();
      turnedAt = performance.now();
    }
    return joinParts(walk, [merge.end()], index);
  } catch (error) {
    merge.discard();
    throw error;
  }
};

const tellFound = (files: number, { progress }: JobContext): void =>
  progress(null, `${files.toLocaleString('en')} files found`);

interface ThreadedLook extends LookOrder {
  readonly threadProgram: string;
}

const lookInThreads = async (order: ThreadedLook, index: StatIndex, context: JobContext): Promise<Look> => {
  const { root, path, indexes, threadProgram: program } = order;
  const { data, units, ...upper } = shareWalk(root, path);
  let found = 0;
  const hands = startHands({
    role: { role: 'look', root, path, indexes },
    amount: { files: Number.POSITIVE_INFINITY, bytes: 0 },
    program,
    onDone: (files) => {
      context.signal.throwIfAborted();
      found += files;
      tellFound(found, context);
    },
  });
  const parts: LookedPart[] = [];
  const besides: FoundBesides[] = [upper];
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
    return joinParts(walk, parts, index);
  } catch (error) {
    parts.forEach(discardPart);
    throw error;
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

const joinParts = (walk: Look['walk'], parts: readonly LookedPart[], index: StatIndex): Look => {
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
    discard: () => parts.forEach(discardPart),
  };
};
