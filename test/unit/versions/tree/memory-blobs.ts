import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { blobMissing } from '../../../../sidecar/faults.ts';
import type { BlobDraft, Blobs } from '../../../../sidecar/versions/store/blobs.ts';

/** Blobs in memory, for trees alone: nothing is written, and nothing is synced. */
export const memoryBlobs = (): Pick<Blobs, 'get' | 'has'> & { readonly openDraft: () => BlobDraft } => {
  const known = new Map<Hash, Buffer>();
  return {
    has: (id) => known.has(id),
    get: (id) => {
      const bytes = known.get(id);
      if (bytes === undefined) throw blobMissing(id, []);
      return bytes;
    },
    openDraft: () => ({
      put: (id, _kind, bytes) => {
        if (known.has(id)) return false;
        known.set(id, Buffer.from(bytes));
        return true;
      },
      name: () => undefined,
      commit: () => undefined,
      discard: () => undefined,
    }),
  };
};
