import type { Hash } from '../../contract/ids.ts';
import { Fault } from '../../faults.ts';
import type { Blobs } from '../store/blobs.ts';
import { createIdSet } from '../store/id-set.ts';
import { contentChunks } from './chunk-list.ts';
import { decodeTree, decodeVersion, type TreeNode, type VersionFile } from './nodes.ts';

/** What a damaged or missing blob does to a version. */
export interface HarmedFiles {
  readonly version: Hash;
  /** The first file; null when not even the name of the first is known. */
  readonly path: string | null;
  /** 1 for a file whose bytes are harmed; more where the node that lists so many is; null when it is not known. */
  readonly files: number | null;
}

/**
 * The files of versions that cannot be read, each once: a part that several versions share is looked at in the first.
 * Nodes are read, and so checked; of chunks it is asked whether they are there and whether they are damaged.
 * @param isDamaged of a chunk, as a verification has found it
 */
export const harmedFiles = function* (
  blobs: Pick<Blobs, 'get' | 'has'>,
  versions: Iterable<Hash>,
  isDamaged: (id: Hash) => boolean,
): Generator<HarmedFiles, void> {
  const seen = createIdSet();
  const isHarmed = (file: VersionFile): boolean =>
    readable(() => [...contentChunks(blobs, file)].every(({ id }) => blobs.has(id) && !isDamaged(id))) !== true;

  const below = function* (version: Hash, id: Hash, path: string | null, files: number): Generator<HarmedFiles, void> {
    if (!seen.add(id)) return;
    const node: TreeNode | null = readable(() => decodeTree(id, blobs.get(id)));
    if (node === null) yield { version, path, files };
    else if ('files' in node) {
      for (const file of node.files) if (isHarmed(file)) yield { version, path: file.path, files: 1 };
    } else for (const child of node.children) yield* below(version, child.id, child.path, child.files);
  };
  for (const version of versions) {
    const head = readable(() => decodeVersion(version, blobs.get(version)));
    if (head === null) yield { version, path: null, files: null };
    else yield* below(version, head.tree, null, head.files);
  }
};

/** @returns null when what is read on the way is damaged or missing */
const readable = <Value>(read: () => Value): Value | null => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return null;
    throw error;
  }
};
