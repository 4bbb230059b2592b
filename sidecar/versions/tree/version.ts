import type { Hash } from '../../contract/ids.ts';
import { nodeId } from '../store/blob-id.ts';
import type { BlobDraft, BlobKind, Blobs } from '../store/blobs.ts';
import { CHUNK_MAX } from '../store/chunker.ts';
import { listNodes } from './chunk-list.ts';
import { createLevels, endsNode, isCut, type Fanout } from './levels.ts';
import {
  decodeList,
  decodeTree,
  decodeVersion,
  encodeFiles,
  encodeTree,
  encodeVersion,
  isListNode,
  type TreeNode,
  type VersionFile,
} from './nodes.ts';
import { comparePaths } from './path-order.ts';
import { treeCursor, type CursorPlace, type TreeCursor } from './tree-cursor.ts';

export type { VersionFile } from './nodes.ts';

/** What is known of a version without reading its files. */
export interface VersionHead {
  readonly type: 'file' | 'folder';
  readonly files: number;
  readonly bytes: number;
}

/** All files of a version at once, in path order; for those who need every row. */
export interface Manifest {
  readonly type: 'file' | 'folder';
  readonly files: readonly VersionFile[];
}

type Reads = Pick<Blobs, 'get'>;

/** The md5 of a file up to this size stands in its row; that of a larger one is found when it is asked for. */
export const MD5_IN_ROW_BYTES = 4 * (1 << 20);

const FILES_A_NODE: Fanout = { smallest: 32, largest: 1024 };
const FILES_A_CUT = 256;

/**
 * Stores the tree of a version.
 * @param files in path order, each path once, with `md5` for those of at most 4 MiB
 * @returns the version's name, the same for equal files whatever the order of the edits that led there
 */
export const writeVersion = (draft: BlobDraft, type: VersionHead['type'], files: Iterable<VersionFile>): Hash => {
  const writer = startVersion(draft, type);
  for (const file of files) writer.add(file);
  return writer.finish();
};

export interface VersionWriter {
  readonly add: (file: VersionFile) => void;
  readonly finish: () => Hash;
}

/** The same for files that come one by one. Nothing of the tree is read again and it is not held: one node a level is. */
export const startVersion = (draft: Pick<BlobDraft, 'put' | 'name'>, type: VersionHead['type']): VersionWriter => {
  const levels = createLevels((level, children: readonly Child[]) => {
    const bytes = encodeTree(level, children);
    return { id: putNode(draft, bytes), path: pathOf(children), ...sumOf(children) };
  });
  const close = (rows: readonly VersionFile[]) => {
    const bytes = rows.reduce((sum, { size }) => sum + size, 0);
    levels.add({ id: putNode(draft, encodeFiles(rows)), path: pathOf(rows), files: rows.length, bytes });
  };
  let rows: VersionFile[] = [];
  let before: string | null = null;
  return {
    add: (file) => {
      checkFile(file, before);
      before = file.path;
      rows.push(file.size > MD5_IN_ROW_BYTES ? { ...file, md5: null } : file);
      if (endsNode(rows.length, FILES_A_NODE, () => isCut(nodeId(Buffer.from(file.path)), FILES_A_CUT))) {
        close(rows);
        rows = [];
      }
    },
    finish: () => {
      if (rows.length > 0 || before === null) close(rows);
      const root = levels.finish();
      const version = putNode(draft, encodeVersion({ type, files: root.files, bytes: root.bytes, tree: root.id }));
      draft.name(version);
      return version;
    },
  };
};

interface Child {
  readonly id: Hash;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

const putNode = (draft: Pick<BlobDraft, 'put'>, bytes: Buffer): Hash => {
  const id = nodeId(bytes);
  draft.put(id, 'node', bytes);
  return id;
};

const pathOf = (rows: readonly { readonly path: string }[]): string => rows[0]?.path ?? '';

const sumOf = (children: readonly Child[]) => ({
  files: children.reduce((sum, { files }) => sum + files, 0),
  bytes: children.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** Rows come from our own code: what is wrong here is a bug, not a user's mistake. */
const checkFile = ({ path, size, md5 }: VersionFile, before: string | null): void => {
  if (before !== null && comparePaths(before, path) >= 0) throw new Error(`${path} comes after ${before}`);
  if (md5 === null && size <= MD5_IN_ROW_BYTES) throw new Error(`${path} has no md5`);
};

/** @throws Fault `store-damaged` */
export const readVersion = (blobs: Reads, version: Hash): VersionHead => {
  const { type, files, bytes } = decodeVersion(version, blobs.get(version));
  return { type, files, bytes };
};

/** All files in path order, a node at a time. @throws Fault `store-damaged` */
export const readFiles = function* (blobs: Reads, version: Hash): Generator<VersionFile, void> {
  yield* filesBelow(blobs, treeOf(blobs, version));
};

const filesBelow = function* (blobs: Reads, tree: Hash): Generator<VersionFile, void> {
  const node = decodeTree(tree, blobs.get(tree));
  if ('files' in node) yield* node.files;
  else for (const { id } of node.children) yield* filesBelow(blobs, id);
};

/** @throws Fault `store-damaged` */
export const readManifest = (blobs: Reads, version: Hash): Manifest => ({
  type: readVersion(blobs, version).type,
  files: [...readFiles(blobs, version)],
});

/** The root of the tree of files. @throws Fault `store-damaged` */
export const treeOf = (blobs: Reads, version: Hash): Hash => decodeVersion(version, blobs.get(version)).tree;

/** One file, by reading one node a level. @throws Fault `store-damaged` */
export const findFile = (blobs: Reads, version: Hash, path: string): VersionFile | undefined => {
  for (let id: Hash | undefined = treeOf(blobs, version); id !== undefined;) {
    const node = decodeTree(id, blobs.get(id));
    if ('files' in node) return node.files.find((file) => file.path === path);
    id = node.children.findLast((child) => comparePaths(child.path, path) <= 0)?.id;
  }
  return undefined;
};

export interface FileDifference {
  readonly path: string;
  /** Null where the file is not. */
  readonly from: VersionFile | null;
  readonly to: VersionFile | null;
}

/**
 * Files whose bytes or executable bit differ, in path order. Equal parts of the trees are not read: the cost is that
 * of the changes.
 * @param from null for nothing
 * @throws Fault `store-damaged`
 */
export const differingFiles = function* (
  blobs: Reads,
  from: Hash | null,
  to: Hash | null,
): Generator<FileDifference, void> {
  const [a, b] = [from, to].map((version) => treeCursor(blobs, version === null ? null : treeOf(blobs, version)));
  if (a === undefined || b === undefined) return;
  while (a.at() !== null || b.at() !== null) {
    const difference = step(a, b);
    if (difference !== null) yield difference;
  }
};

/** Goes on by one file or node on the side that is behind, on both where they stand at the same path. */
const step = (a: TreeCursor, b: TreeCursor): FileDifference | null => {
  const [left, right] = [a.at(), b.at()];
  if (right === null || (left !== null && comparePaths(left.path, right.path) < 0)) {
    return alone(a, (file) => ({ path: file.path, from: file, to: null }));
  }
  if (left === null || comparePaths(left.path, right.path) > 0) {
    return alone(b, (file) => ({ path: file.path, from: null, to: file }));
  }
  if (left.level === 0 && right.level === 0) return both(a, b);
  approach(a, b, left, right);
  return null;
};

/** Past a part that both have; else into the larger part, or into both. */
const approach = (a: TreeCursor, b: TreeCursor, left: CursorPlace, right: CursorPlace): void => {
  const same = left.level === right.level && left.id === right.id;
  if (left.level >= right.level) a[same ? 'skip' : 'enter']();
  if (right.level >= left.level) b[same ? 'skip' : 'enter']();
};

const alone = (cursor: TreeCursor, toDifference: (file: VersionFile) => FileDifference): FileDifference | null => {
  if (cursor.at()?.level !== 0) {
    cursor.enter();
    return null;
  }
  const file = cursor.file();
  cursor.skip();
  return toDifference(file);
};

const both = (a: TreeCursor, b: TreeCursor): FileDifference | null => {
  const [from, to] = [a.file(), b.file()];
  a.skip();
  b.skip();
  const same = from.content === to.content && from.executable === to.executable;
  return same ? null : { path: from.path, from, to };
};

/**
 * Every blob that a version needs, nodes before chunks, each node before what is below it. A blob that is needed
 * twice comes twice unless `isKnown` says so.
 * @param isKnown of a node that is here with all that is below it: neither it nor that is given. It is asked once a
 * node, before the node is given
 * @throws Fault `store-damaged` at a node that cannot be read
 */
export const reachableBlobs = function* (
  blobs: Reads,
  version: Hash,
  isKnown: (id: Hash) => boolean = () => false,
): Generator<{ readonly id: Hash; readonly kind: BlobKind }, void> {
  if (isKnown(version)) return;
  const { tree } = decodeVersion(version, blobs.get(version));
  yield { id: version, kind: 'node' };
  // Nodes whose entries are chunks; they are read a second time instead of holding what they name.
  const lowest: Hash[] = [];
  for (const { id, node } of treeNodes(blobs, tree, isKnown)) {
    yield { id, kind: 'node' };
    if (!('files' in node)) continue;
    lowest.push(id);
    for (const list of largeFiles(blobs, node.files, isKnown)) {
      yield { id: list.id, kind: 'node' };
      if (list.level === 0) lowest.push(list.id);
    }
  }
  for (const id of lowest) for (const chunk of chunksIn(blobs, id)) yield { id: chunk, kind: 'chunk' };
};

const largeFiles = function* (blobs: Reads, files: readonly VersionFile[], isKnown: (id: Hash) => boolean) {
  for (const { content, size } of files) if (size > CHUNK_MAX) yield* listNodes(blobs, content, isKnown);
};

const treeNodes = function* (
  blobs: Reads,
  tree: Hash,
  isKnown: (id: Hash) => boolean,
): Generator<{ readonly id: Hash; readonly node: TreeNode }, void> {
  if (isKnown(tree)) return;
  const node = decodeTree(tree, blobs.get(tree));
  yield { id: tree, node };
  if ('children' in node) for (const { id } of node.children) yield* treeNodes(blobs, id, isKnown);
};

/** The chunks that a node of files or a lowest node of a list names itself. */
const chunksIn = (blobs: Reads, id: Hash): Hash[] => {
  const bytes = blobs.get(id);
  if (isListNode(bytes)) return decodeList(id, bytes).children.map((child) => child.id);
  const node = decodeTree(id, bytes);
  return 'files' in node ? node.files.filter(({ size }) => size <= CHUNK_MAX).map(({ content }) => content) : [];
};
