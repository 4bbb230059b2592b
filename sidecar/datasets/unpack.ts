import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { unpackTar } from 'modern-tar/fs';
import { dataUnreadable } from '../faults.ts';

/**
 * Takes files out of a `.tar.gz`. Only plain files of the wanted names are written, each right into the folder: where
 * else an archive says its files belong does not matter, so that none leads out of it.
 * @returns the names that were found
 * @throws Fault `dataset-unreadable` when the archive is damaged
 */
export const unpack = async (
  archive: string,
  { folder, members, signal }: { folder: string; members: readonly string[]; signal: AbortSignal },
): Promise<ReadonlySet<string>> => {
  const wanted = new Set(members);
  const found = new Set<string>();
  const target = unpackTar(folder, {
    strict: true,
    fmode: 0o600,
    filter: ({ name, type }) => type === 'file' && wanted.has(basename(name)),
    map: (header) => {
      const name = basename(header.name);
      found.add(name);
      return { ...header, name };
    },
  });
  try {
    await pipeline(createReadStream(archive, { highWaterMark: 1 << 20 }), createGunzip(), target, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'syscall' in error) throw error;
    throw dataUnreadable(archive, `it is a damaged archive: ${error instanceof Error ? error.message : String(error)}`);
  }
  return found;
};
