import type { Hash } from '../../contract/ids.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { isRead, pathOf, sizeOf, splitEntries } from './index-entry.ts';
import { indexPath, lookAt, type DataLocation, type Look, type Trust } from './look.ts';
import { startReport, type Report } from './report.ts';
import { startReaders, type Readers } from './readers.ts';
import { draftStatIndex, type StatIndexDraft } from './stat-index.ts';
import type { Walk } from './walk.ts';

export interface DiskOrder extends DataLocation {
  /** Folder of the store that bytes go to; null to learn their names only. */
  readonly store: string | null;
  readonly trust: Trust;
  /** Program of the threads that read; null to read in this one. */
  readonly readerProgram: string | null;
}

/** A data set as it lies on disk, every file named by its bytes. */
export interface Disk {
  readonly walk: Walk;
  readonly files: number;
  readonly bytes: number;
  /** The version that nothing on disk differs from, where the index knows it at once. */
  readonly version: Hash | null;
  /** Before that no file had been looked at. */
  readonly lookedAtNs: bigint;
  /** Of all files, read, in path order. */
  readonly entries: () => Generator<Buffer, void>;
  /** MD5 of a large file. @returns null when it has changed since it was read */
  readonly md5: (entry: Buffer) => Promise<string | null>;
  /**
   * Keeps what was learnt.
   * @param version that these files are and that is stored whole; null when they are none
   */
  readonly settle: (version: Hash | null) => void;
  readonly close: () => Promise<void>;
}

/** Fewer files, and fewer bytes, are read before the threads have started. */
const FEWEST_FILES_FOR_THREADS = 2_000;
const FEWEST_BYTES_FOR_THREADS = 64 << 20;

/**
 * Looks at the data and reads what is not known; with a store, puts it there and makes it durable.
 * @throws Fault `dataset-missing`, `dataset-unreadable`, or the signal's reason
 */
export const readDisk = async (order: DiskOrder, context: JobContext): Promise<Disk> => {
  const look = await lookAt(order, order.trust, context);
  const report = startReport('read', look.unread, context);
  const { files, bytes } = look.unread;
  const many = files > FEWEST_FILES_FOR_THREADS || bytes > FEWEST_BYTES_FOR_THREADS;
  let started: Readers | null = null;
  const readers = (): Readers =>
    (started ??= startReaders({
      data: look.walk.data,
      store: order.store,
      program: many ? order.readerProgram : null,
      onBytes: report.bytes,
    }));
  let draft = look.draft;
  const close = async () => {
    draft?.discard();
    await started?.close();
  };
  try {
    const counts = { files: look.files, bytes: look.bytes };
    if (look.draft !== null && files > 0) {
      draft = draftStatIndex(order.indexes);
      Object.assign(counts, await readUnread(look, draft, readers(), report));
      look.draft.discard();
      await readers().commit();
    }
    const settled = draft;
    const lookedAtNs = settled?.beganNs ?? look.lookedAtNs;
    return {
      walk: look.walk,
      ...counts,
      version: look.version,
      lookedAtNs,
      entries: (settled ?? look).entries,
      md5: (entry) => readers().md5(entry),
      settle: (version) =>
        settled?.publish(indexPath({ indexes: order.indexes, path: look.walk.data.path }), { lookedAtNs, version }),
      close,
    };
  } catch (error) {
    look.draft?.discard();
    await close();
    throw error;
  }
};

/** Copies the entries of a look, with those of files that were not read replaced by what reading them gives. */
const readUnread = async (look: Look, draft: StatIndexDraft, readers: Readers, report: Report) => {
  const counts = { files: 0, bytes: 0 };
  const append = (entry: Buffer) => {
    draft.append(entry);
    counts.files += 1;
    counts.bytes += sizeOf(entry);
  };
  const ahead: { readonly run: Run; readonly read: Promise<Buffer> }[] = [];
  const settleFirst = async () => {
    const first = ahead.shift();
    if (first === undefined) return;
    for (const entry of merge(first.run, splitEntries(await first.read))) append(entry);
    await report.files(first.run.unread.length);
  };
  for (const run of runsOf(look.entries())) {
    const read = run.unread.length === 0 ? Promise.resolve(Buffer.alloc(0)) : readers.read(Buffer.concat(run.unread));
    // One that fails is thrown when its turn comes; until then nobody waits for it.
    read.catch(() => undefined);
    ahead.push({ run, read });
    if (ahead.length >= readers.busyWith) await settleFirst();
  }
  while (ahead.length > 0) await settleFirst();
  return counts;
};

/** Files that lie next to each other: what a thread is given at once. */
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
    run.entries.push(entry);
    if (!isRead(entry)) {
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
