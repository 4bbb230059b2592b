import type { Hash } from '../contract/ids.ts';
import { Fault } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import type { DataStore } from './data-store.ts';
import type { Contents } from './tree/contents.ts';
import { readFiles, readVersion, type VersionFile } from './tree/version.ts';
import { isLarge, startReport } from './working/report.ts';

/**
 * Reads all stored bytes of a version again and compares them with their names.
 * @returns paths of the files whose bytes are missing or damaged
 * @throws Fault `store-damaged` when the list of files itself is
 */
export const verifyVersion = async (
  version: Hash,
  { blobs, contents }: Pick<DataStore, 'blobs' | 'contents'>,
  context: JobContext,
): Promise<{ files: number; damaged: string[] }> => {
  const total = readVersion(blobs, version);
  const report = startReport('verified', total, context);
  const damaged: string[] = [];
  for (const file of readFiles(blobs, version)) {
    if (!isWhole(file, contents, report.bytes)) damaged.push(file.path);
    await report.files([file.size]);
  }
  return { files: total.files, damaged };
};

const isWhole = (file: VersionFile, contents: Pick<Contents, 'pieces'>, onBytes: (bytes: number) => void): boolean => {
  try {
    for (const piece of contents.pieces(file)) if (isLarge(file.size)) onBytes(piece.length);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return false;
    throw error;
  }
};
