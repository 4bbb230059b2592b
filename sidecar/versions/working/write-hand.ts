import { openBlobs, type SharedPacks } from '../store/blobs.ts';
import type { Hand } from './hand.ts';
import type { ThreadRole } from './thread-messages.ts';
import { openFileWriter } from './write-file.ts';

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
          return { type: 'write', damaged: order.files.filter((file) => !writer.write(file)).map(({ path }) => path) };
        case 'fill':
          return { type: 'fill', sound: writer.fill(order.path, order.chunks) };
        default:
          throw new Error('One that writes does nothing else.');
      }
    },
  };
};
