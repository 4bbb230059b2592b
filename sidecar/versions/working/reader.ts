import { openBlobs } from '../store/blobs.ts';
import { splitEntries } from './index-entry.ts';
import { keepNothing, md5OfFile, readFile, type Reading } from './read-files.ts';

export interface ReaderPlace extends Omit<Reading, 'draft'> {
  /** Folder of the store that the bytes go to; null to learn their names only. */
  readonly store: string | null;
}

/** Reads files of a data set: the work of one thread. */
export interface Reader {
  /** @param entries one behind the other @returns the same of the files as they were read, without those that are gone */
  readonly read: (entries: Buffer) => Buffer;
  /** MD5 of a large file. @returns null when the file is not the one any more that its entry tells of */
  readonly md5: (entry: Buffer) => string | null;
  /** Makes what was read durable. */
  readonly commit: () => void;
  readonly discard: () => void;
}

export const openReader = ({ store, ...place }: ReaderPlace): Reader => {
  const draft = store === null ? keepNothing : openBlobs(store).openDraft();
  const reading: Reading = { ...place, draft };
  return {
    read: (entries) => {
      const read: Buffer[] = [];
      for (const entry of splitEntries(entries)) {
        const after = readFile(entry, reading);
        if (after !== null) read.push(after);
      }
      return Buffer.concat(read);
    },
    md5: (entry) => md5OfFile(entry, reading),
    commit: draft.commit,
    discard: draft.discard,
  };
};
