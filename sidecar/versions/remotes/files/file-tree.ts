import { dirname, join } from 'node:path/posix';
import { remoteDamaged } from '../../../faults.ts';
import type { Listed, Transport } from '../transport.ts';
import { draftIn, isDraft, openGenerations } from './generations.ts';
import type { RemoteFiles } from './port.ts';

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
    list: (prefix) => listBelow(files, prefix.replace(/\/$/, '')),
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

const listBelow = async function* (files: RemoteFiles, folder: string): AsyncGenerator<Listed, void> {
  for (const name of await files.names(folder)) {
    const path = join(folder, name);
    if (name.endsWith('/')) yield* listBelow(files, path.slice(0, -1));
    else if (!isDraft(name)) yield* sized(files, path);
  }
};

const sized = async function* (files: RemoteFiles, key: string): AsyncGenerator<Listed, void> {
  const bytes = await files.size(key);
  if (bytes !== null) yield { key, bytes };
};
