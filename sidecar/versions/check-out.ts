import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault, versionDamaged } from '../faults.ts';
import type { JobContext } from '../pipeline/job.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { closeSync, openSync } from 'node:fs';
import { writeWhole } from './durable.ts';
import type { ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';

export interface CheckOut {
  readonly files: readonly ManifestFile[];
  /** An empty folder that receives them under their paths. */
  readonly folder: string;
  readonly objects: Pick<Objects, 'pieces'>;
  /** Permission bits of the files; those of executables get the matching x bits. */
  readonly mode: number;
}

/**
 * Writes files of a version into a folder of our own, each checked against its hash.
 * @throws Fault `version-damaged` that names every damaged file, after all have been tried
 */
export const checkOut = async (order: CheckOut, { signal, progress }: JobContext): Promise<void> => {
  const { files, folder, objects } = order;
  const damaged: string[] = [];
  for (const [at, file] of files.entries()) {
    const path = join(folder, file.path);
    mkdirSync(dirname(path), { recursive: true });
    if (!writeFile(path, file, objects)) damaged.push(file.path);
    chmodSync(path, file.executable ? order.mode | ((order.mode & 0o444) >> 2) : order.mode);
    if (at % 100 === 0) {
      progress(at / files.length, `${at.toLocaleString('en')} of ${files.length.toLocaleString('en')} files`);
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  if (damaged.length > 0) throw versionDamaged('this version', damaged);
};

const writeFile = (path: string, { sha256 }: ManifestFile, objects: Pick<Objects, 'pieces'>): boolean => {
  const handle = openSync(path, 'wx');
  try {
    for (const piece of objects.pieces(sha256)) writeWhole(handle, piece);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return false;
    throw error;
  } finally {
    closeSync(handle);
  }
};
