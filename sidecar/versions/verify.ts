import { Fault } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';

/**
 * Reads all stored bytes of a version again and compares them with their names.
 * @returns paths of the files whose bytes are missing or damaged
 */
export const verifyVersion = async (
  { files }: Manifest,
  objects: Pick<Objects, 'pieces'>,
  { signal, progress }: JobContext,
): Promise<string[]> => {
  const damaged: string[] = [];
  for (const [at, file] of files.entries()) {
    if (!isWhole(file, objects)) damaged.push(file.path);
    if (at % 100 === 0) {
      progress(at / files.length, `${at.toLocaleString('en')} of ${files.length.toLocaleString('en')} files`);
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  return damaged;
};

const isWhole = (file: ManifestFile, objects: Pick<Objects, 'pieces'>): boolean => {
  try {
    let size = 0;
    for (const piece of objects.pieces(file.sha256)) size += piece.length;
    return size === file.size;
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return false;
    throw error;
  }
};
