import type { Hash } from '../../contract/ids.ts';
import { nodeUnreadable } from '../../faults.ts';
import { createByteReader, createByteWriter, type ByteReader, type ByteWriter } from './node-bytes.ts';
import { comparePaths, isInnerPath } from './path-order.ts';

/** One file of a version. */
export interface VersionFile {
  /** Relative to the data set, with forward slashes; the file's own name when the data set is one file. */
  readonly path: string;
  readonly size: number;
  /** The chunk, for a file of at most 128 KiB; else the root of its list of chunks. */
  readonly content: Hash;
  readonly executable: boolean;
  /** Null for a file larger than 4 MiB; it is then in the md5 table. */
  readonly md5: string | null;
}

/** Part of a tree of files, as the node above sees it. */
export interface TreeChild {
  /** Path of its first file. */
  readonly path: string;
  readonly id: Hash;
  readonly files: number;
  readonly bytes: number;
}

export interface VersionNode {
  readonly type: 'file' | 'folder';
  readonly files: number;
  readonly bytes: number;
  readonly tree: Hash;
}

/** Level 0 holds files, the levels above hold nodes. */
export type TreeNode =
  | { readonly level: 0; readonly files: readonly VersionFile[] }
  | { readonly level: number; readonly children: readonly TreeChild[] };

/** A chunk of a file, or a node of its list, as the node above sees it. */
export interface ListChild {
  readonly id: Hash;
  readonly bytes: number;
}

export interface ListNode {
  /** 0 holds chunks, the levels above hold nodes. */
  readonly level: number;
  readonly children: readonly ListChild[];
}

/**
 * The first byte of a node says what it is; another format will get another byte. Columns stand one after the other,
 * since names compress well and hashes not at all. A path is told by how many units it shares with the one before.
 */
const VERSION = 0x11;
const FILES = 0x12;
const TREE = 0x13;
const LIST = 0x14;

const writer = createByteWriter();

/** Each `encode` gives a view that is valid until the next one. */
export const encodeVersion = ({ type, files, bytes, tree }: VersionNode): Buffer =>
  written(VERSION, (out) => {
    out.byte(type === 'folder' ? 1 : 0);
    out.number(files);
    out.number(bytes);
    out.hex(tree);
  });

export const encodeFiles = (files: readonly VersionFile[]): Buffer =>
  written(FILES, (out) => {
    out.number(files.length);
    writePaths(out, files);
    for (const { size, executable, md5 } of files) {
      out.number(size * 4 + (executable ? 2 : 0) + (md5 === null ? 0 : 1));
    }
    for (const { content } of files) out.hex(content);
    for (const { md5 } of files) if (md5 !== null) out.hex(md5);
  });

export const encodeTree = (level: number, children: readonly TreeChild[]): Buffer =>
  written(TREE, (out) => {
    out.byte(level);
    out.number(children.length);
    writePaths(out, children);
    for (const { files } of children) out.number(files);
    for (const { bytes } of children) out.number(bytes);
    for (const { id } of children) out.hex(id);
  });

export const encodeList = ({ level, children }: ListNode): Buffer =>
  written(LIST, (out) => {
    out.byte(level);
    out.number(children.length);
    for (const { bytes } of children) out.number(bytes);
    for (const { id } of children) out.hex(id);
  });

const written = (kind: number, write: (out: ByteWriter) => void): Buffer => {
  writer.clear();
  writer.byte(kind);
  write(writer);
  return writer.view();
};

/** Each `decode` throws Fault `store-damaged` when the blob is something else. */
export const decodeVersion = (id: Hash, bytes: Buffer): VersionNode =>
  read(id, bytes, 'version', (kind, from) => {
    if (kind !== VERSION) throw new RangeError('the first byte says otherwise');
    return {
      type: from.byte() === 1 ? 'folder' : 'file',
      files: from.number(),
      bytes: from.number(),
      tree: from.hash(),
    };
  });

export const decodeTree = (id: Hash, bytes: Buffer): TreeNode =>
  read<TreeNode>(id, bytes, 'folder', (kind, from) => {
    if (kind === FILES) return { level: 0, files: readFileRows(from) };
    if (kind !== TREE) throw new RangeError('the first byte says otherwise');
    return { level: atLeastOne(from.byte()), children: readChildRows(from) };
  });

export const decodeList = (id: Hash, bytes: Buffer): ListNode =>
  read(id, bytes, 'list of pieces', (kind, from) => {
    if (kind !== LIST) throw new RangeError('the first byte says otherwise');
    const level = from.byte();
    const sizes = column(from.number(), from.number);
    return { level, children: sizes.map((size) => ({ bytes: size, id: from.hash() })) };
  });

export const isListNode = (bytes: Buffer): boolean => bytes[0] === LIST;

const read = <Node>(id: Hash, bytes: Buffer, what: string, decode: (kind: number, from: ByteReader) => Node): Node => {
  try {
    const from = createByteReader(bytes);
    const node = decode(from.byte(), from);
    if (!from.done()) throw new RangeError('something follows');
    return node;
  } catch (error) {
    if (error instanceof RangeError) throw nodeUnreadable(id, what, error.message);
    throw error;
  }
};

const atLeastOne = (level: number): number => {
  if (level === 0) throw new RangeError('a level is missing');
  return level;
};

const readFileRows = (from: ByteReader): VersionFile[] => {
  const paths = readPaths(from);
  const sizes = column(paths.length, from.number);
  const contents = column(paths.length, from.hash);
  return paths.map((path, at) => {
    const packed = sizes[at] ?? 0;
    return {
      path,
      size: Math.floor(packed / 4),
      content: contents[at] as Hash,
      executable: packed % 4 >= 2,
      md5: packed % 2 === 1 ? from.hex(16) : null,
    };
  });
};

const readChildRows = (from: ByteReader): TreeChild[] => {
  const paths = readPaths(from);
  const files = column(paths.length, from.number);
  const bytes = column(paths.length, from.number);
  return paths.map((path, at) => ({ path, id: from.hash(), files: files[at] ?? 0, bytes: bytes[at] ?? 0 }));
};

const column = <Value>(count: number, next: () => Value): Value[] => {
  const values: Value[] = [];
  for (let at = 0; at < count; at++) values.push(next());
  return values;
};

const writePaths = (out: ByteWriter, rows: readonly { readonly path: string }[]): void => {
  let before = '';
  for (const { path } of rows) {
    const shared = sharedUnits(before, path);
    out.number(shared);
    out.text(path.slice(shared));
    before = path;
  }
};

const readPaths = (from: ByteReader): string[] => {
  let before: string | null = null;
  return column(from.number(), () => {
    const shared = from.number();
    const path: string = (before ?? '').slice(0, shared) + from.text();
    if (!isInnerPath(path)) throw new RangeError('a path leads out of the folder');
    if (before !== null && comparePaths(before, path) >= 0) throw new RangeError('paths are not in order');
    before = path;
    return path;
  });
};

/** UTF-16 units that both begin with; never half a character. */
const sharedUnits = (before: string, path: string): number => {
  const most = Math.min(before.length, path.length);
  let shared = 0;
  while (shared < most && before.charCodeAt(shared) === path.charCodeAt(shared)) shared++;
  const last = path.charCodeAt(shared - 1);
  return last >= 0xd800 && last <= 0xdbff ? shared - 1 : shared;
};
