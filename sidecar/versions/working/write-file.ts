import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../../faults.ts';
import { writeWhole } from '../durable.ts';
import type { Contents } from '../tree/contents.ts';
import type { VersionFile } from '../tree/version.ts';
import { isLarge } from './report.ts';

export interface FileWriting {
  readonly contents: Pick<Contents, 'pieces'>;
  /** Folder that receives the files under their paths. */
  readonly folder: string;
  /** Permission bits of the files before the umask; those of executables get the matching x bits. */
  readonly mode: number;
  /** Told how many bytes of a large file were written since the last time; throws to stop. */
  readonly onBytes: (bytes: number) => void;
}

/** @returns writes a file, every piece checked against its name, and says whether its bytes were those that they should be */
export const openFileWriter = ({ contents, folder, mode, onBytes }: FileWriting): ((file: VersionFile) => boolean) => {
  // Files come in path order: most lie in the folder of the one before.
  let made = '';
  return (file) => {
    const path = join(folder, file.path);
    if (dirname(path) !== made) {
      made = dirname(path);
      mkdirSync(made, { recursive: true });
    }
    const target = openSync(path, 'wx', file.executable ? mode | ((mode & 0o444) >> 2) : mode);
    try {
      for (const piece of contents.pieces(file)) {
        writeWhole(target, piece);
        if (isLarge(file.size)) onBytes(piece.length);
      }
      return true;
    } catch (error) {
      if (error instanceof Fault && error.code === 'store-damaged') return false;
      throw error;
    } finally {
      closeSync(target);
    }
  };
};
