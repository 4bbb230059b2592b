import { versionDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import type { VersionFile } from '../tree/version.ts';
import { aheadOf } from './ahead.ts';
import { startHands } from './hands.ts';
import { startReport, type Amount } from './report.ts';

export interface CheckOut {
  /** In path order. */
  readonly files: Iterable<VersionFile>;
  readonly total: Amount;
  /** An empty folder that receives them under their paths. */
  readonly folder: string;
  /** Folder of the store of data versions. */
  readonly store: string;
  /** Permission bits of the files before the umask; those of executables get the matching x bits. */
  readonly mode: number;
  /** Program of threads, for much work; null to do all in this one. */
  readonly threadProgram: string | null;
}

/**
 * Writes files of a version into a folder of our own, every piece checked against its name.
 * @throws Fault `version-damaged` that names the damaged files, after all have been tried
 */
export const checkOut = async (order: CheckOut, context: JobContext): Promise<void> => {
  const { files, total, folder, store, mode, threadProgram: program } = order;
  const report = startReport('written', total, context);
  const hands = startHands({
    role: { role: 'write', store, folder, mode },
    amount: total,
    program,
    onBytes: report.bytes,
  });
  const damaged: string[] = [];
  try {
    const write = async (run: readonly VersionFile[]) => (await hands.ask({ type: 'write', files: run })).damaged;
    for await (const { item: run, result } of aheadOf(runsOf(files), write, hands.busyWith)) {
      damaged.push(...result);
      await report.files(run.map(({ size }) => size));
    }
  } finally {
    await hands.close();
  }
  if (damaged.length > 0) throw versionDamaged('this version', damaged);
};

const MOST_FILES = 128;
const MOST_BYTES = 8 << 20;

/** Files that lie next to each other, in the store as well. */
const runsOf = function* (files: Iterable<VersionFile>): Generator<readonly VersionFile[], void> {
  let run: VersionFile[] = [];
  let bytes = 0;
  for (const file of files) {
    run.push(file);
    bytes += file.size;
    if (run.length < MOST_FILES && bytes < MOST_BYTES) continue;
    yield run;
    run = [];
    bytes = 0;
  }
  if (run.length > 0) yield run;
};
