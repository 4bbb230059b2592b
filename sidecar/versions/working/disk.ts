import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { BlobDraft, Blobs } from '../store/blobs.ts';
import type { ListChild } from '../tree/nodes.ts';
import type { VersionWriter } from '../tree/version.ts';
import { aheadOf } from './ahead.ts';
import { formerChunks } from './former-chunks.ts';
import { isRead, pathOf, sizeOf, splitEntries, toVersionFile } from './index-entry.ts';
import { startHands, type Hands } from './hands.ts';
import { indexPath } from './data-location.ts';
import { openNodeDraft, type NodeDraft } from './node-draft.ts';
import { lookAt, type Look, type LookOrder } from './look.ts';
import type { Trust } from './look-part.ts';
import { PARTED_BYTES, PART_BYTES } from './parts.ts';
import { keepNothing } from './read-files.ts';
import { readInParts } from './read-in-parts.ts';
import { startReport, type Report } from './report.ts';
import { draftStatIndex, type StatIndexDraft } from './stat-index.ts';
import { toBuffer } from './thread-messages.ts';
import type { DataOnDisk } from './walk.ts';

export interface DiskOrder extends LookOrder {
  /** What the bytes go to; null to learn their names only. */
  readonly store: Keeping | null;
  /** What was stored before: a large file that goes on as it did is compared with it. */
  readonly stored: Pick<Blobs, 'has' | 'get' | 'share'>;
}

export interface Keeping {
  /** Folder of the store. */
  readonly folder: string;
  /** Takes the nodes: the tree of the version, and lists of chunks of large files. To be committed once the data is read. */
  readonly draft: BlobDraft;
  readonly startVersion: (draft: NodeDraft, type: DataOnDisk['type']) => VersionWriter;
}

/** A data set as it lies on disk, every file named by its bytes. */
export interface Disk {
  readonly walk: Look['walk'];
  readonly files: number;
  readonly bytes: number;
  /** The version that the files are: with a store always, else where the index knows it at once. */
  readonly version: Hash | null;
  /** Before that no file had been looked at. */
  readonly lookedAtMs: number;
  /** Of all files, read, in path order. */
  readonly entries: () => Generator<Buffer, void>;
  /**
   * MD5 of a large file.
   * @param onBytes told how many bytes were read since the last time
   * @returns null when it has changed since it was read
   */
  readonly md5: (entry: Buffer, onBytes: (bytes: number) => void) => Promise<string | null>;
  /**
   * Keeps what was learnt.
   * @param version that these files are and that is stored whole; null when they are none
   */
  readonly settle: (version: Hash | null) => void;
  readonly close: () => Promise<void>;
}

/**
 * Looks at the data and reads what is not known; with a store, puts it there and makes it durable, all but the nodes,
 * which are in the draft that it was given.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const readDisk = async (order: DiskOrder, context: JobContext): Promise<Disk> => {
  const look = await lookAt(order, context);
  const report = startReport('read', look.unread, context);
  const started: { hands: Hands | null } = { hands: null };
  let heard = report.bytes;
  const hands = (): Hands =>
    (started.hands ??= startHands({
      role: { role: 'read', data: look.walk.data, store: order.store?.folder ?? null },
      ...(order.store === null ? {} : { share: order.stored.share }),
      amount: look.unread,
      program: order.threadProgram,
      onDone: (bytes) => heard(bytes),
    }));
  let draft: StatIndexDraft | null = null;
  const letGo = async () => {
    await started.hands?.close();
    started.hands = null;
  };
  const close = async () => {
    draft?.discard();
    look.discard();
    await letGo();
  };
  try {
    const { files, bytes, version } = look;
    const named = { files, bytes, version };
    if (look.differs || !isKept(version, order)) {
      draft = draftStatIndex(order.indexes);
      const former = (entry: Buffer) => formerChunks(entry, order.stored, context);
      const nodes = openNodeDraft(order.store?.draft ?? keepNothing, () => hands().commit());
      const tree = startTree(order.store, nodes, look.walk.data.type);
      Object.assign(named, await readUnread({ look, draft, hands, nodes, tree, former, trust: order.trust, report }));
      look.discard();
      await started.hands?.commit();
      // Each knows the blobs that it has stored: memory that is needed no longer. An MD5 starts them anew.
      await letGo();
      named.version = tree.finish();
    }
    const settled = draft;
    const lookedAtMs = settled?.beganMs ?? look.lookedAtMs;
    return {
      walk: look.walk,
      ...named,
      lookedAtMs,
      entries: (settled ?? look).entries,
      md5: async (entry, onBytes) => {
        heard = onBytes;
        return (await hands().ask({ type: 'md5', entry })).md5;
      },
      settle: (kept) =>
        settled?.publish(indexPath({ indexes: order.indexes, path: look.walk.data.path }), {
          lookedAtMs,
          version: kept,
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** An index may outlive the version that it is of. */
const isKept = (version: Hash | null, { store, trust }: DiskOrder): boolean =>
  store === null || (version !== null && trust.version(version));

/** The tree of the version, as the files come; without a store, none. */
interface Tree {
  readonly add: (entry: Buffer) => void;
  readonly finish: () => Hash | null;
}

const startTree = (store: Keeping | null, nodes: NodeDraft, type: DataOnDisk['type']): Tree => {
  if (store === null) return { add: () => undefined, finish: () => null };
  const { add, finish } = store.startVersion(nodes, type);
  return { add: (entry) => add(toVersionFile(entry)), finish };
};

interface ReadingAll {
  readonly look: Look;
  readonly draft: StatIndexDraft;
  readonly hands: () => Hands;
  readonly nodes: NodeDraft;
  readonly tree: Tree;
  readonly former: (entry: Buffer) => Iterable<ListChild>;
  readonly trust: Trust;
  readonly report: Report;
}

/** Copies the entries of a look, with those of files that were not read replaced by what reading them gives. */
const readUnread = async ({ look, draft, hands, nodes, tree, former, trust, report }: ReadingAll) => {
  const counts = { files: 0, bytes: 0 };
  const append = (entry: Buffer) => {
    draft.append(entry);
    tree.add(entry);
    counts.files += 1;
    counts.bytes += sizeOf(entry);
  };
  /** Null for a file that all hands read in parts when its turn comes. */
  const read = async (run: Run): Promise<Buffer | null> => {
    if (run.unread.length === 0) return Buffer.alloc(0);
    if (hands().count > 1 && run.unread.some(isParted)) return null;
    return toBuffer((await hands().ask({ type: 'read', entries: Buffer.concat(run.unread) })).entries);
  };
  const readAlone = ({ unread }: Run): Promise<Buffer> => {
    const entry = Buffer.concat(unread);
    return readInParts(entry, {
      data: look.walk.data,
      hands: hands(),
      lists: nodes,
      former: former(entry),
      partBytes: PART_BYTES,
      isKnown: trust.content,
      onBytes: report.bytes,
    });
  };
  const most = look.unread.files === 0 ? 1 : hands().busyWith;
  for await (const { item: run, result } of aheadOf(runsOf(look.entries()), read, most)) {
    for (const entry of merge(run, splitEntries(result ?? (await readAlone(run))))) append(entry);
    await nodes.settle();
    await report.files(run.unread.map(sizeOf));
  }
  return counts;
};

const isParted = (entry: Buffer): boolean => sizeOf(entry) >= PARTED_BYTES;

/** Files that lie next to each other: what a thread is given at once. A file that is read in parts is alone. */
interface Run {
  readonly entries: readonly Buffer[];
  readonly unread: readonly Buffer[];
}

const MOST_ENTRIES = 4_096;
const MOST_UNREAD = 256;
const MOST_UNREAD_BYTES = 8 << 20;

const runsOf = function* (entries: Iterable<Buffer>): Generator<Run, void> {
  let run: { entries: Buffer[]; unread: Buffer[] } = { entries: [], unread: [] };
  let bytes = 0;
  for (const entry of entries) {
    const isUnread = !isRead(entry);
    if (isUnread && run.unread.length > 0 && isParted(entry)) {
      yield run;
      run = { entries: [], unread: [] };
      bytes = 0;
    }
    run.entries.push(entry);
    if (isUnread) {
      run.unread.push(entry);
      bytes += sizeOf(entry);
    }
    if (run.entries.length < MOST_ENTRIES && run.unread.length < MOST_UNREAD && bytes < MOST_UNREAD_BYTES) continue;
    yield run;
    run = { entries: [], unread: [] };
    bytes = 0;
  }
  if (run.entries.length > 0) yield run;
};

/** Files that were gone when they were to be read have no entry any more. */
const merge = function* ({ entries }: Run, read: Iterator<Buffer>): Generator<Buffer, void> {
  let next = read.next();
  for (const entry of entries) {
    if (isRead(entry)) yield entry;
    else if (next.done !== true && pathOf(next.value) === pathOf(entry)) {
      yield next.value;
      next = read.next();
    }
  }
};
