import type { Hash } from '../../contract/ids.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { decodeList, decodeTree, isListNode } from './nodes.ts';

/**
 * The nodes that a node of a tree or of a list names itself: what must be fetched before it is known what is below.
 * @throws Fault `store-damaged`
 */
export const nodesBelow = (id: Hash, bytes: Buffer): readonly Hash[] => {
  if (isListNode(bytes)) {
    const { level, children } = decodeList(id, bytes);
    return level === 0 ? [] : children.map((child) => child.id);
  }
  const node = decodeTree(id, bytes);
  if ('children' in node) return node.children.map((child) => child.id);
  return node.files.filter(({ size }) => size > CHUNK_MAX).map(({ content }) => content);
};
