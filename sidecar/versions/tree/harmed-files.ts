import type { Hash } from '../../contract/ids.ts';
import { Fault } from '../../faults.ts';
import type { BlobKind, Blobs } from '../store/blobs.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { createIdSet } from '../store/id-set.ts';
import { decodeList, decodeTree, decodeVersion, type VersionFile } from './nodes.ts';

interface NamedBlob {
  readonly id: Hash;
  readonly kind: BlobKind;
}

/** What damaged or missing blobs do to a version. */
export interface HarmedFiles {
  readonly version: Hash;
  /** The first file; null when not even the name of the first is known. */
  readonly path: string | null;
  /** 1 for a file whose bytes are harmed; more where the node that lists so many is; null when it is not known. */
  readonly files: number | null;
  /** The blobs that are damaged or missing, as far as they are known: what is below a harmed node is not. */
  readonly blobs: readonly NamedBlob[];
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
  const badChunk = (id: Hash): NamedBlob[] => (blobs.has(id) && !isDamaged(id) ? [] : [{ id, kind: 'chunk' }]);
  const badBelow = (list: Hash): NamedBlob[] => {
    const node = readable(() => decodeList(list, blobs.get(list)));
    if (node === null) return [{ id: list, kind: 'node' }];
    return node.children.flatMap(({ id }) => (node.level === 0 ? badChunk(id) : badBelow(id)));
  };
  const badOf = ({ content, size }: VersionFile) => (size <= CHUNK_MAX ? badChunk(content) : badBelow(content));

  const below = function* (version: Hash, part: TreePart): Generator<HarmedFiles, void> {
    const { id, path, files } = part;
    if (!seen.add(id)) return;
    const node = readable(() => decodeTree(id, blobs.get(id)));
    if (node === null) yield { version, path, files, blobs: [{ id, kind: 'node' }] };
    else if ('children' in node) for (const child of node.children) yield* below(version, child);
    else {
      for (const file of node.files) {
        const bad = badOf(file);
        if (bad.length > 0) yield { version, path: file.path, files: 1, blobs: bad };
      }
    }
  };
  for (const version of versions) {
    const head = readable(() => decodeVersion(version, blobs.get(version)));
    if (head === null) yield { version, path: null, files: null, blobs: [{ id: version, kind: 'node' }] };
    else yield* below(version, { id: head.tree, path: null, files: head.files });
  }
};

interface TreePart {
  readonly id: Hash;
  readonly path: string | null;
  readonly files: number;
}

/** @returns null when it is damaged or missing */
const readable = <Value>(read: () => Value): Value | null => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault && error.code === 'store-damaged') return null;
    throw error;
  }
};
