import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentWrong, Fault } from '../../faults.ts';
import { writeWhole } from '../durable.ts';
import type { Blobs } from '../store/blobs.ts';
import type { PlacedChunk } from '../tree/chunk-list.ts';
import { createContents } from '../tree/contents.ts';
import type { VersionFile } from '../tree/version.ts';
import { isLarge } from './report.ts';
import type { FileStamp } from './walk.ts';

export interface FileWriting {
  readonly blobs: Pick<Blobs, 'view'>;
  /** Folder that receives the files under their paths. */
  readonly folder: string;
  /** Permission bits of the files before the umask; those of executables get the matching x bits. */
  readonly mode: number;
  /** Told how many bytes of a large file were written since the last time; throws to stop. */
  readonly onBytes: (bytes: number) => void;
}

/** Writes files, every piece checked against its name. */
export interface FileWriter {
  /** A whole file. @returns how it lies there then; null when its stored bytes are not those that they should be */
  readonly write: (file: VersionFile) => FileStamp | null;
  /** Some chunks of a file that is there already. @returns whether they were those that they should be */
  readonly fill: (path: string, chunks: readonly PlacedChunk[]) => boolean;
}

export const openFileWriter = ({ blobs, folder, mode, onBytes }: FileWriting): FileWriter => {
  // Each piece is written before the next is asked for.
  const contents = createContents({ get: blobs.view });
  // Files come in path order: most lie in the folder of the one before.
  let made = '';
  return {
    write: (file) => {
      const path = join(folder, file.path);
      if (dirname(path) !== made) {
        made = dirname(path);
        mkdirSync(made, { recursive: true });
      }
      return writeTo(openSync(path, 'wx', modeOf(file, mode)), (target) => {
        for (const piece of contents.pieces(file)) {
          writeWhole(target, piece);
          if (isLarge(file.size)) onBytes(piece.length);
        }
      });
    },
    fill: (path, chunks) =>
      writeTo(openSync(join(folder, path), 'r+'), (target) => {
        let written = 0;
        for (const { id, start, length } of chunks) {
          const piece = blobs.view(id);
          if (piece.length !== length) throw contentWrong(id);
          writeWhole(target, piece, start);
          written += length;
        }
        onBytes(written);
      }) !== null,
  };
};

/** Permission bits of a file before the umask. */
export const modeOf = ({ executable }: VersionFile, mode: number): number =>
  executable ? mode | ((mode & 0o444) >> 2) : mode;

/** @returns null when stored bytes are damaged */
const writeTo = (target: number, write: (target: number) => void): FileStamp | null => {
  try {
    write(target);
    return fstatSync(target);
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return null;
    throw error;
  } finally {
    closeSync(target);
  }
};
