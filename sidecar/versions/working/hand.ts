import { openBlobs, type SharedPacks } from '../store/blobs.ts';
import { splitEntries } from './index-entry.ts';
import { indexPath } from './data-location.ts';
import { mergePart, trustAll } from './look-part.ts';
import { keepNothing, md5OfFile, readChunks, readFile, type Reading } from './read-files.ts';
import { emptyStatIndex, openStatIndex } from './stat-index.ts';
import { toBuffer, type ThreadAnswer, type ThreadOrder, type ThreadRole } from './thread-messages.ts';
import { walkUnits } from './walk.ts';
import { openFileWriter } from './write-file.ts';

/** What one thread does: order after order. */
export interface Hand {
  /** @throws Fault `dataset-unreadable` */
  readonly do: (order: ThreadOrder) => ThreadAnswer;
  /** Gives up what is not committed. */
  readonly discard: () => void;
}

/**
 * @param onDone told how much was done since the last time, in the units of the role; throws to stop
 * @param packs what another thread knows of the store
 */
export const openHand = (
  role: ThreadRole,
  onDone: (amount: number) => void,
  packs: SharedPacks | null = null,
): Hand => {
  switch (role.role) {
    case 'look':
      return openLooker(role, onDone);
    case 'read':
      return openReader(role, onDone, packs);
    case 'write':
      return openWriter(role, onDone, packs);
  }
};

/** Files between two words about how many there are. */
const TOLD_FILES = 1_024;

const openLooker = (look: ThreadRole & { readonly role: 'look' }, onFiles: (files: number) => void): Hand => {
  const index = openStatIndex(indexPath(look)) ?? emptyStatIndex;
  return {
    discard: () => undefined,
    do: (order) => {
      if (order.type !== 'look') throw new Error('One that looks does nothing else.');
      const { files, emptyFolders, repositories } = walkUnits(look.root, look.path, order.units);
      const merge = mergePart(look.drafts, index, order.range, trustAll);
      try {
        for (const file of files) {
          merge.add(file);
          if (merge.counts.files % TOLD_FILES === 0) onFiles(TOLD_FILES);
        }
        return { type: 'look', part: merge.end(), besides: { emptyFolders, repositories } };
      } catch (error) {
        merge.discard();
        throw error;
      }
    },
  };
};

const openReader = (
  { data, store }: ThreadRole & { readonly role: 'read' },
  onBytes: (bytes: number) => void,
  packs: SharedPacks | null,
): Hand => {
  const draft = store === null ? keepNothing : openBlobs(store, packs).openDraft();
  const reading: Reading = { data, draft, onBytes };
  return {
    discard: draft.discard,
    do: (order) => {
      switch (order.type) {
        case 'read':
          return { type: 'read', entries: readAll(toBuffer(order.entries), reading) };
        case 'md5':
          return { type: 'md5', md5: md5OfFile(toBuffer(order.entry), reading) };
        case 'chunks':
          return { type: 'chunks', ids: readChunks(toBuffer(order.entry), order, reading) };
        case 'commit':
          draft.commit();
          return { type: 'commit' };
        case 'look':
        case 'write':
        case 'fill':
          throw new Error('One that reads does nothing else.');
      }
    },
  };
};

const readAll = (entries: Buffer, reading: Reading): Buffer => {
  const read: Buffer[] = [];
  for (const entry of splitEntries(entries)) {
    const after = readFile(entry, reading);
    if (after !== null) read.push(after);
  }
  return Buffer.concat(read);
};

const openWriter = (
  { store, folder, mode }: ThreadRole & { readonly role: 'write' },
  onBytes: (bytes: number) => void,
  packs: SharedPacks | null,
): Hand => {
  const writer = openFileWriter({ blobs: openBlobs(store, packs), folder, mode, onBytes });
  return {
    discard: () => undefined,
    do: (order) => {
      switch (order.type) {
        case 'write':
          return { type: 'write', damaged: order.files.filter((file) => !writer.write(file)).map(({ path }) => path) };
        case 'fill':
          return { type: 'fill', sound: writer.fill(order.path, order.chunks) };
        default:
          throw new Error('One that writes does nothing else.');
      }
    },
  };
};
