import { dirname, join } from 'node:path/posix';
import { remoteDamaged } from '../../../faults.ts';
import type { Leftover, Listed, Transport } from '../transport.ts';
import { draftIn, isDraft, openGenerations } from './generations.ts';
import type { RemoteEntry, RemoteFiles } from './port.ts';

/** A remote in a folder, a file an object. */
export const openFileTree = (files: RemoteFiles, address: string): Transport => {
  const generations = openGenerations(files);
  return {
    address,
    canList: true,
    size: files.size,
    remove: async (keys) => {
      for (const key of keys) await files.remove(key);
    },
    close: files.close,
    get: generations.get,
    swap: generations.swap,
    read: async (key, start, end) => {
      const bytes = await files.read(key, start, end);
      if (bytes?.length !== end - start) throw remoteDamaged(address, key, 'it is gone or cut short');
      return bytes;
    },
    list: (prefix) => objectsBelow(files, prefix.replace(/\/$/, '')),
    leftovers: (prefix) => draftsBelow(files, prefix.replace(/\/$/, '')),
    put: async (key, source, sent = () => undefined) => {
      const draft = draftIn(dirname(key));
      try {
        await files.write(draft, source, sent);
        await files.replace(draft, key);
      } finally {
        await files.remove(draft);
      }
    },
  };
};

interface Found extends RemoteEntry {
  readonly key: string;
}

const filesBelow = async function* (files: RemoteFiles, folder: string): AsyncGenerator<Found, void> {
  for (const entry of await files.entries(folder)) {
    const key = join(folder, entry.name);
    if (entry.isFolder) yield* filesBelow(files, key);
    else yield { ...entry, key };
  }
};

const objectsBelow = async function* (files: RemoteFiles, folder: string): AsyncGenerator<Listed, void> {
  for await (const { key, name, bytes } of filesBelow(files, folder)) if (!isDraft(name)) yield { key, bytes };
};

const draftsBelow = async function* (files: RemoteFiles, folder: string): AsyncGenerator<Leftover, void> {
  for await (const { key, name, modifiedAt } of filesBelow(files, folder))
    if (isDraft(name)) yield { key, at: modifiedAt, remove: () => files.remove(key) };
};
