import { basename, join } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import { Fault } from '../../faults.ts';
import { writeDurably } from '../durable.ts';
import { parsePointer, pointerPath, type Pointer } from './pointer.ts';
import { readText } from './read-text.ts';
import { isNamedElsewhere } from './tracked-data.ts';
import { yamlScalar } from './yaml-scalar.ts';
import {
  blockLines,
  editYaml,
  insertPair,
  removePair,
  replacePair,
  replaceText,
  sameData,
  type Edit,
  type YamlData,
} from './yaml-edit.ts';
import { pairOf, parseYaml, type YamlMap, type YamlNode } from './yaml.ts';

/** What a pointer says of a version. */
export interface PointedData {
  readonly version: Hash;
  readonly type: 'file' | 'folder';
  readonly files: number;
  readonly bytes: number;
  /** Of a single file. */
  readonly executable: boolean;
  /** Of a folder, the MD5 of its listing with `.dir` behind it. */
  readonly md5: string;
}

/**
 * Writes the `.dvc` file that names this version, a legal one of DVC 3: committed to Git, it says which bytes belong
 * to a commit. What else an existing pointer holds (comments, `desc`, `meta`, its line ends) stays; one that
 * describes something else than a plain `dvc add` (an import, several outputs, files of a version-aware bucket) or
 * cannot be read is left alone. Nor is one written for data that another file of DVC names: DVC refuses two.
 * @returns whether the pointer names this version now
 */
export const writePointer = (root: string, path: string, data: PointedData): boolean => {
  const file = join(root, pointerPath(path));
  const before = readText(file);
  if (before === null && isNamedElsewhere(root, path)) return false;
  const after = before === null ? formatPointer(path, data) : updatePointer(before, path, data);
  if (after === null) return false;
  if (after !== before) writeDurably(file, after, 0o644);
  return true;
};

/**
 * Writes this version over a pointer that Git has left marks of conflict in.
 * @param before what the pointer said on our side
 */
export const settlePointer = (root: string, path: string, before: string, data: PointedData): void =>
  writeDurably(join(root, pointerPath(path)), updatePointer(before, path, data) ?? formatPointer(path, data), 0o644);

/** The text of a new pointer. */
export const formatPointer = (path: string, data: PointedData): string => {
  const lines = fieldsOf(path, data).flatMap(([key, value]) => (value === null ? [] : [`${key}:${value}`]));
  return `outs:\n- ${[...lines, ...blockLines('meta', { trainyard: noteOf(data) })].join('\n  ')}\n`;
};

/**
 * A pointer's text with this version in it.
 * @returns null when it is no plain pointer of this data
 */
export const updatePointer = (text: string, path: string, data: PointedData): string | null => {
  const output = plainOutput(text, path);
  if (output === null) return null;
  const note = noteOf(data);
  const fields = fieldsOf(path, data).filter(([key]) => key !== 'path');
  const changed = editYaml(text, [...editFields(text, output, fields), ...editNote(text, output, note)]);
  // Whatever form the text had, it must say now what it should.
  return parsePointer(changed, pointerPath(path)).outputs[0]?.md5 === data.md5 ? changed : null;
};

type Field = readonly [key: string, value: string | null];

/** In the order in which DVC writes them; the values with the blank behind the colon; null for a key that must go. */
const fieldsOf = (path: string, data: PointedData): readonly Field[] => {
  const folder = data.type === 'folder';
  const text = (key: string, value: string) => yamlScalar(value, { column: key.length + 3, indent: 4 });
  return [
    ['md5', text('md5', data.md5)],
    ['size', ` ${data.bytes}`],
    ['nfiles', folder ? ` ${data.files}` : null],
    ['isexec', !folder && data.executable ? ' true' : null],
    ['hash', ' md5'],
    ['path', text('path', basename(path))],
  ];
};

/** Says which version of ours the MD5 stands for. */
const noteOf = ({ md5, version }: PointedData): YamlData => ({ v: '1', for: md5, tree: `b3:${version}` });

/** @returns the one output of a pointer as `dvc add` writes it; null for all else, and what cannot be read */
const plainOutput = (text: string, path: string): YamlMap | null => {
  const file = pointerPath(path);
  try {
    return isPlain(parsePointer(text, file), path) ? ownOutput(parseYaml(text, file)) : null;
  } catch (error) {
    if (error instanceof Fault && error.code === 'pointer-unreadable') return null;
    throw error;
  }
};

const ownOutput = (pointer: YamlNode): YamlMap | null => {
  const list = pairOf(pointer, 'outs')?.value;
  const node = list?.kind === 'list' ? list.items[0] : undefined;
  return node?.kind === 'map' && pairOf(node, 'cloud') === undefined && isWrittenHere(node) ? node : null;
};

const isPlain = ({ kind, outputs }: Pointer, path: string): boolean => {
  const [output, ...more] = outputs;
  return kind === 'data' && more.length === 0 && output?.path === path && output.listed === null;
};

/** What an anchor or a merge brings is written elsewhere, and belongs to others too. */
const isWrittenHere = (node: YamlMap): boolean =>
  node.pairs.every(({ start, value }) =>
    [start, value.start, value.end].every((at) => at >= node.start && at <= node.end),
  );

const editFields = (text: string, output: YamlMap, fields: readonly Field[]): Edit[] =>
  fields.flatMap(([key, value], at) => {
    const pair = pairOf(output, key);
    if (value === null) return pair === undefined ? [] : [removePair(text, output, pair)];
    if (pair !== undefined) return replaceText(pair.value, value.trim());
    const before = fields.slice(0, at).flatMap(([name, kept]) => (kept === null ? [] : [name]));
    return [insertPair(text, output, before, { key, value: value.trim() })];
  });

/** What stands before `meta` in DVC's order. */
const beforeMeta = ['md5', 'size', 'nfiles', 'isexec', 'hash', 'path', 'desc', 'type', 'labels'];

const editNote = (text: string, output: YamlMap, note: YamlData): Edit[] => {
  const meta = pairOf(output, 'meta')?.value;
  if (meta === undefined) return [insertPair(text, output, beforeMeta, { key: 'meta', value: { trainyard: note } })];
  // `meta` may be anything; where it is no map, the version is known by its MD5 alone.
  if (meta.kind !== 'map') return [];
  const old = pairOf(meta, 'trainyard');
  const keys = meta.pairs.map(({ key }) => key);
  if (old === undefined) return [insertPair(text, meta, keys, { key: 'trainyard', value: note })];
  return sameData(old.value, note) ? [] : [replacePair(text, meta, old, { key: 'trainyard', value: note })];
};
