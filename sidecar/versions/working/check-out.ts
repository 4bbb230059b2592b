import { versionDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { DataStore } from '../data-store.ts';
import type { VersionFile } from '../tree/version.ts';
import { aheadOf } from './ahead.ts';
import { startHands } from './hands.ts';
import { readEntry } from './index-entry.ts';
import { PARTED_BYTES } from './parts.ts';
import { startReport, type Amount } from './report.ts';
import { toBuffer } from './thread-messages.ts';
import { writeInParts } from './write-in-parts.ts';

export interface CheckOut {
  /** In path order. */
  readonly files: Iterable<VersionFile>;
  readonly total: Amount;
  /** An empty folder that receives them under their paths. */
  readonly folder: string;
  readonly store: Pick<DataStore, 'folder' | 'blobs'>;
  /** Permission bits of the files before the umask; those of executables get the matching x bits. */
  readonly mode: number;
  /** Program of threads, for much work; null to do all in this one. */
  readonly threadProgram: string | null;
  /** Told the entries of files that were written, in path order, one behind the other. */
  readonly onWritten?: (entries: Buffer) => void;
}

/**
 * Writes files of a version into a folder of our own, every piece checked against its name.
 * @throws Fault `version-damaged` that names the damaged files, after all have been tried
 */
export const checkOut = async (order: CheckOut, context: JobContext): Promise<void> => {
  const { files, total, folder, store, mode, threadProgram: program, onWritten = () => undefined } = order;
  const report = startReport('written', total, context);
  const hands = startHands({
    role: { role: 'write', store: store.folder, folder, mode },
    share: store.blobs.share,
    amount: total,
    program,
    onDone: report.bytes,
  });
  const damaged: string[] = [];
  try {
    /** Null for a file that all hands write in parts when its turn comes. */
    const write = async (run: readonly VersionFile[]) =>
      hands.count > 1 && run.some(isParted) ? null : hands.ask({ type: 'write', files: run });
    const parted = { hands, blobs: store.blobs, folder, mode };
    const writeAlone = async (file: VersionFile): Promise<void> => {
      const stat = await writeInParts(file, parted);
      if (stat === null) damaged.push(file.path);
      else onWritten(readEntry({ path: file.path, stat }, file));
    };
    for await (const { item: run, result } of aheadOf(runsOf(files), write, hands.busyWith)) {
      if (result === null) for (const file of run) await writeAlone(file);
      else {
        damaged.push(...result.damaged);
        onWritten(toBuffer(result.entries));
      }
      await report.files(run.map(({ size }) => size));
    }
  } finally {
    await hands.close();
  }
  if (damaged.length > 0) throw versionDamaged('this version', damaged);
};

const MOST_FILES = 128;
const MOST_BYTES = 8 << 20;

const isParted = ({ size }: VersionFile): boolean => size >= PARTED_BYTES;

/** Files that lie next to each other, in the store as well. A file that is written in parts is alone. */
const runsOf = function* (files: Iterable<VersionFile>): Generator<readonly VersionFile[], void> {
  let run: VersionFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (run.length > 0 && isParted(file)) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(file);
    bytes += file.size;
    if (run.length < MOST_FILES && bytes < MOST_BYTES) continue;
    yield run;
    run = [];
    bytes = 0;
  }
  if (run.length > 0) yield run;
};
