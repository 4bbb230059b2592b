import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hash } from '../contract/ids.ts';
import { objectDamaged, objectMissing } from '../faults.ts';
import { openDraft, syncFolder } from './durable.ts';
import { sha256Of } from './hash.ts';
import { ifThere } from './if-there.ts';

/**
 * Immutable bytes, named by their SHA-256: what runs, models, features and patches are made of. Several processes may
 * read and write one folder at once.
 */
export interface Objects {
  /** Stores bytes durably; equal bytes are stored once. */
  readonly put: (bytes: Uint8Array) => Hash;
  /** @throws Fault `store-damaged` when the object is missing or its bytes are not those it is named by */
  readonly get: (hash: Hash) => Buffer;
}

export const createObjects = (folder: string): Objects => {
  const pathOf = (hash: Hash) => join(folder, hash.slice(0, 2), hash.slice(2));
  /** Present and undamaged: storing the right bytes once more repairs an object. */
  const isWhole = (hash: Hash): boolean => {
    const bytes = readIfThere(pathOf(hash));
    return bytes !== null && sha256Of(bytes) === hash;
  };
  const publish = (hash: Hash, bytes: Uint8Array) => {
    const draft = openDraft(folder);
    try {
      draft.write(bytes);
      const place = dirname(pathOf(hash));
      if (!existsSync(place)) {
        mkdirSync(place, { recursive: true, mode: 0o700 });
        syncFolder(folder);
      }
      draft.publish(pathOf(hash));
      syncFolder(place);
    } finally {
      draft.discard();
    }
  };
  return {
    put: (bytes) => {
      const hash = sha256Of(bytes);
      if (!isWhole(hash)) publish(hash, bytes);
      return hash;
    },
    get: (hash) => {
      const bytes = readIfThere(pathOf(hash));
      if (bytes === null) throw objectMissing(hash);
      if (sha256Of(bytes) !== hash) throw objectDamaged(hash);
      return bytes;
    },
  };
};

const readIfThere = (path: string): Buffer | null => ifThere(() => readFileSync(path));
