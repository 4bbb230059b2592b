import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';
import { dvcFileUnreadable } from '../../faults.ts';

/**
 * What a YAML file of DVC says, and where. Every scalar is its text: an MD5 of digits alone is no number here, and a
 * folder may be called `null`. Offsets count UTF-16 units of the text.
 */
export type YamlNode = YamlText | YamlMap | YamlList;

interface Spot {
  readonly start: number;
  /** Behind its last character; behind its line in block style where it is a map or list. */
  readonly end: number;
}
export interface YamlText extends Spot {
  readonly kind: 'text';
  readonly text: string;
}
export interface YamlMap extends Spot {
  readonly kind: 'map';
  /** `{a: 1}` rather than lines. */
  readonly flow: boolean;
  readonly pairs: readonly YamlPair[];
}
export interface YamlPair {
  readonly key: string;
  readonly start: number;
  readonly value: YamlNode;
}
export interface YamlList extends Spot {
  readonly kind: 'list';
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
}

/** A lock file of tens of thousands of stages is below this; nothing else of DVC is near it. */
const LARGEST_TEXT = 64 << 20;
const DEEPEST_NESTING = 100;

/**
 * Reads block and flow style, JSON, CRLF, a byte-order mark, anchors and merges.
 * @param file for the fault
 * @throws Fault `pointer-unreadable`
 */
export const parseYaml = (text: string, file: string): YamlNode => {
  if (text.length > LARGEST_TEXT) throw dvcFileUnreadable(file, 'it is larger than 64 MiB');
  const document = parseDocument(text, { schema: 'failsafe', merge: true, prettyErrors: true, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    const [at] = error.linePos ?? [];
    throw dvcFileUnreadable(file, `it is no YAML: ${error.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`, at);
  }
  return toNode(document.contents, { document, file, depth: 0 });
};

interface Reading {
  readonly document: Document;
  readonly file: string;
  readonly depth: number;
}

const toNode = (node: Node | null, reading: Reading): YamlNode => {
  const { document, file } = reading;
  if (reading.depth > DEEPEST_NESTING) throw dvcFileUnreadable(file, 'it is nested too deeply');
  const deeper = { ...reading, depth: reading.depth + 1 };
  if (isAlias(node)) return toNode(node.resolve(document) ?? null, deeper);
  const [start = 0, end = 0] = node?.range ?? [];
  if (isMap<Node, Node | null>(node)) {
    return { kind: 'map', start, end, flow: node.flow === true, pairs: toPairs(node.items, deeper) };
  }
  if (isSeq<Node | null>(node)) {
    const items = node.items.map((item) => toNode(item, deeper));
    return { kind: 'list', start, end, flow: node.flow === true, items };
  }
  return { kind: 'text', start, end, text: textOf(node) };
};

/** By the failsafe schema a scalar is its text; a key without a value has none. */
const textOf = (node: Node | null): string => (isScalar(node) && typeof node.value === 'string' ? node.value : '');

/** The pairs as they are written, then those that merges (`<<`) bring and nothing written replaces. */
const toPairs = (items: readonly { key: Node; value: Node | null }[], reading: Reading): YamlPair[] => {
  const all = items.map(({ key, value }) => ({
    key: textOf(key),
    start: key.range?.[0] ?? 0,
    value: toNode(value, reading),
  }));
  const written = all.filter(({ key }) => key !== '<<');
  const keys = new Set(written.map(({ key }) => key));
  const merged = all.filter(({ key }) => key === '<<').flatMap(({ value }) => mergedPairs(value));
  return [...written, ...merged.filter(({ key }) => !keys.has(key))];
};

const mergedPairs = (node: YamlNode): readonly YamlPair[] => {
  if (node.kind === 'list') return node.items.flatMap(mergedPairs);
  return node.kind === 'map' ? node.pairs : [];
};

/** The same as plain data, all scalars as text. */
export const valueOf = (node: YamlNode): unknown => {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'list') return node.items.map(valueOf);
  return Object.fromEntries(node.pairs.map(({ key, value }) => [key, valueOf(value)]));
};

export const pairOf = (node: YamlNode | undefined, key: string): YamlPair | undefined =>
  node?.kind === 'map' ? node.pairs.find((pair) => pair.key === key) : undefined;
