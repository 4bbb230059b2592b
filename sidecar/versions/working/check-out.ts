import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault, versionDamaged } from '../../faults.ts';
import type { JobContext } from '../../pipeline/job.ts';
import { writeWhole } from '../durable.ts';
import type { Contents } from '../tree/contents.ts';
import type { VersionFile } from '../tree/version.ts';
import { startReport, type Amount } from './report.ts';

export interface CheckOut {
  readonly files: Iterable<VersionFile>;
  /** Of the files, for the progress. */
  readonly total: Amount;
  /** An empty folder that receives them under their paths. */
  readonly folder: string;
  readonly contents: Pick<Contents, 'pieces'>;
  /** Permission bits of the files before the umask; those of executables get the matching x bits. */
  readonly mode: number;
}

/**
 * Writes files of a version into a folder of our own, every piece checked against its name.
 * @throws Fault `version-damaged` that names the damaged files, after all have been tried
 */
export const checkOut = async (order: CheckOut, context: JobContext): Promise<void> => {
  const report = startReport('written', order.total, context);
  const damaged: string[] = [];
  let folder = '';
  for (const file of order.files) {
    const path = join(order.folder, file.path);
    if (dirname(path) !== folder) {
      folder = dirname(path);
      mkdirSync(folder, { recursive: true });
    }
    const mode = file.executable ? order.mode | ((order.mode & 0o444) >> 2) : order.mode;
    if (!writeFile(path, mode, order.contents.pieces(file), report.bytes)) damaged.push(file.path);
    await report.files(1);
  }
  if (damaged.length > 0) throw versionDamaged('this version', damaged);
};

/** @returns whether the bytes were those that they should be */
const writeFile = (path: string, mode: number, pieces: Iterable<Buffer>, onBytes: (bytes: number) => void): boolean => {
  const file = openSync(path, 'wx', mode);
  try {
    for (const piece of pieces) {
      writeWhole(file, piece);
      onBytes(piece.length);
    }
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return false;
    throw error;
  } finally {
    closeSync(file);
  }
};
