import { openDataStore } from '../data-store.ts';
import { openBlobs } from '../store/blobs.ts';
import { splitEntries } from './index-entry.ts';
import { keepNothing, md5OfFile, readFile, type Reading } from './read-files.ts';
import { toBuffer, type ThreadAnswer, type ThreadOrder, type ThreadRole } from './thread-messages.ts';
import { openFileWriter } from './write-file.ts';

/** What one thread does: order after order. */
export interface Hand {
  /** @throws Fault `dataset-unreadable` */
  readonly do: (order: ThreadOrder) => ThreadAnswer;
  /** Gives up what is not committed. */
  readonly discard: () => void;
}

/** @param onBytes told how many bytes of a large file were worked on since the last time; throws to stop */
export const openHand = (role: ThreadRole, onBytes: (bytes: number) => void): Hand =>
  role.role === 'read' ? openReader(role, onBytes) : openWriter(role, onBytes);

const openReader = (
  { data, store }: ThreadRole & { readonly role: 'read' },
  onBytes: (bytes: number) => void,
): Hand => {
  const draft = store === null ? keepNothing : openBlobs(store).openDraft();
  const reading: Reading = { data, draft, onBytes };
  return {
    discard: draft.discard,
    do: (order) => {
      switch (order.type) {
        case 'read':
          return { type: 'read', entries: readAll(toBuffer(order.entries), reading) };
        case 'md5':
          return { type: 'md5', md5: md5OfFile(toBuffer(order.entry), reading) };
        case 'commit':
          draft.commit();
          return { type: 'commit' };
        case 'write':
          throw new Error('One that reads does not write.');
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
): Hand => {
  const write = openFileWriter({ contents: openDataStore(store).contents, folder, mode, onBytes });
  return {
    discard: () => undefined,
    do: (order) => {
      if (order.type !== 'write') throw new Error('One that writes does nothing else.');
      return { type: 'write', damaged: order.files.filter((file) => !write(file)).map(({ path }) => path) };
    },
  };
};
