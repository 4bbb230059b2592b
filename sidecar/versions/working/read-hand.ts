import { openBlobs, type SharedPacks } from '../store/blobs.ts';
import type { Hand } from './hand.ts';
import { splitEntries } from './index-entry.ts';
import { keepNothing, md5OfFile, readChunks, readFile, type Reading } from './read-files.ts';
import { toBuffer, type ThreadRole } from './thread-messages.ts';

export const openReader = (
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
