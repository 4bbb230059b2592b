import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainDiskError } from '../../../faults.ts';
import { syncFolder } from '../../durable.ts';
import { piecesOf } from '../transport.ts';
import type { RemoteEntry, RemoteFiles } from './port.ts';

/** A folder on this machine, or one that is mounted. */
export const openFolder = (root: string): RemoteFiles => {
  const at = (path: string): string => join(root, path);
  return {
    size: (path) => orNull(async () => (await stat(at(path))).size),
    read: (path, start, end) =>
      orNull(async () => {
        const file = await open(at(path), 'r');
        try {
          return await readRange(file, start, end);
        } finally {
          await file.close();
        }
      }),
    entries: async (folder) => {
      const names = (await orNull(() => readdir(at(folder)))) ?? [];
      const entries = await Promise.all(names.map((name) => entryAt(at(folder), name)));
      return entries.filter((entry) => entry !== null);
    },
    write: async (path, source, sent) => {
      try {
        await mkdir(dirname(at(path)), { recursive: true });
        const file = await open(at(path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
        try {
          for await (const piece of piecesOf(source)) {
            await file.writeFile(piece);
            sent(piece.length);
          }
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (error) {
        throw explainDiskError(error, root);
      }
    },
    replace: async (from, to) => {
      await rename(at(from), at(to));
      syncFolder(dirname(at(to)));
    },
    claim: async (from, to) => {
      try {
        await link(at(from), at(to));
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
      syncFolder(dirname(at(to)));
      return true;
    },
    remove: (path) => rm(at(path), { force: true }),
    close: () => Promise.resolve(),
  };
};

/** @returns null for one that has gone since the folder was listed */
const entryAt = (folder: string, name: string): Promise<RemoteEntry | null> =>
  orNull(async () => {
    const found = await stat(join(folder, name));
    return { name, isFolder: found.isDirectory(), bytes: found.size, modifiedAt: found.mtimeMs };
  });

const readRange = async (file: FileHandle, start: number, end: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === bytes.length) return bytes.subarray(0, filled);
  }
};

const orNull = async <Value>(look: () => Promise<Value>): Promise<Value | null> => {
  try {
    return await look();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
