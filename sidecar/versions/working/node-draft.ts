import type { BlobDraft } from '../store/blobs.ts';
import { PACK_BYTES } from '../store/pack-file.ts';

/** A draft for nodes, whose chunks lie in drafts of others. */
export interface NodeDraft extends Pick<BlobDraft, 'put' | 'name'> {
  /** To be called now and then, when all chunks that the nodes name were put. */
  readonly settle: () => Promise<void>;
}

/** Bytes of nodes that are put between two calls of `settle` are far fewer than the rest of a pack. */
const MOST_WAITING = PACK_BYTES / 2;

/**
 * A pack that is full is closed, and its nodes can be seen, before the draft is committed. So the chunks are committed
 * before a pack of nodes can be full: whoever sees a node may rely on all that is below it.
 * @param commitChunks makes durable what all others have put
 */
export const openNodeDraft = (draft: BlobDraft, commitChunks: () => Promise<void>): NodeDraft => {
  let waiting = 0;
  return {
    name: draft.name,
    put: (id, kind, bytes) => {
      const isNew = draft.put(id, kind, bytes);
      if (isNew) waiting += bytes.length;
      return isNew;
    },
    settle: async () => {
      if (waiting < MOST_WAITING) return;
      await commitChunks();
      draft.commit();
      waiting = 0;
    },
  };
};
