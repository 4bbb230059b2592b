import { openBlobs, type SharedPacks } from '../store/blobs.ts';
import type { VersionFile } from '../tree/version.ts';
import type { Hand } from './hand.ts';
import { readEntry } from './index-entry.ts';
import type { ThreadRole } from './thread-messages.ts';
import { openFileWriter, type FileWriter } from './write-file.ts';

export const openWriter = (
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
          return { type: 'write', ...writeAll(order.files, writer) };
        case 'fill':
          return { type: 'fill', sound: writer.fill(order.path, order.chunks) };
        default:
          throw new Error('One that writes does nothing else.');
      }
    },
  };
};

const writeAll = (files: readonly VersionFile[], writer: FileWriter) => {
  const entries: Buffer[] = [];
  const damaged: string[] = [];
  for (const file of files) {
    const stat = writer.write(file);
    if (stat === null) damaged.push(file.path);
    else entries.push(readEntry({ path: file.path, stat }, file));
  }
  return { entries: Buffer.concat(entries), damaged };
};
