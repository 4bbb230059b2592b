import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Path, Span } from './span.ts';

/** Larger texts are not read: a configuration is never that long, and parsing must not block typing. */
const LARGEST_TEXT = 2 ** 20;
/** Deeper nesting would end in a stack overflow rather than in a sentence. */
const DEEPEST_NESTING = 200;

export interface TextFault {
  readonly span: Span;
  readonly message: string;
}

/** Where the thing at a path is written. */
export interface Place {
  /** The key, or the item of a list. */
  readonly key: Span;
  /** The value; the key again when there is none. */
  readonly value: Span;
  /** The anchored text that an alias or a merge brought here. */
  readonly origin: Span | null;
}

export interface TrainingDocument {
  /** The value with merges resolved and `x-` keys removed; undefined when the text cannot be read. */
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** @returns null when nothing is written there. */
  readonly find: (path: Path) => Place | null;
  /** What is written at an offset: the path, and whether the offset is on a key. */
  readonly at: (offset: number) => { readonly path: Path; readonly on: 'key' | 'value'; readonly span: Span } | null;
}

/** Reads a `training.yaml`. Never throws: whatever cannot be read is a fault with a range. */
export const readTraining = (text: string): TrainingDocument => {
  const refused = refuse(text);
  if (refused !== null) return unreadable(refused);
  const document = parseDocument(text, { merge: true, prettyErrors: false });
  const faults = document.errors.map((error) => toFault(error, text));
  const resolved = resolve(document);
  return {
    value: resolved.value,
    faults: resolved.fault === null ? faults : [...faults, resolved.fault],
    find: (path) => find(document, path),
    at: (offset) => at(document.contents, offset, []),
  };
};

const refuse = (text: string): string | null => {
  if (text.length > LARGEST_TEXT) return 'This file is larger than 1 MiB, too large for a training configuration.';
  if (deepest(text) > DEEPEST_NESTING) return `This file is nested more than ${DEEPEST_NESTING} levels deep.`;
  return null;
};

const unreadable = (message: string): TrainingDocument => ({
  value: undefined,
  faults: [{ span: { start: 0, end: 1 }, message }],
  find: () => null,
  at: () => null,
});

/** An upper bound of the nesting, from brackets and indentation, without parsing. */
const deepest = (text: string): number => {
  let brackets = 0;
  let most = 0;
  for (const line of text.split('\n')) {
    const indentation = /^(?: |- )*/.exec(line)?.[0].length ?? 0;
    for (const character of line) {
      if (character === '[' || character === '{') brackets += 1;
      if (character === ']' || character === '}') brackets = Math.max(0, brackets - 1);
      most = Math.max(most, brackets);
    }
    most = Math.max(most, indentation / 2);
  }
  return most;
};

const toFault = (error: YAMLError, text: string): TextFault => {
  const [from, to] = error.pos;
  const start = Math.min(from, text.length);
  const word = /^[\w.-]*/.exec(text.slice(start))?.[0].length ?? 0;
  const end = Math.min(Math.max(to, start + word, start + 1), text.length);
  return { span: { start, end }, message: sentence(error) };
};

/** The faults that people meet most, in words that say what to write. */
const words: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'This key is written twice; keep one of the two.',
  TAB_AS_INDENT: 'YAML indents with spaces; replace this tab.',
  MULTILINE_IMPLICIT_KEY: 'A colon is missing after this key.',
  MULTIPLE_DOCS: 'A training file holds one configuration; remove what begins with this `---`.',
  BAD_ALIAS: 'There is no anchor of this name above.',
};

const sentence = (error: YAMLError): string => words[error.code] ?? error.message;

const resolve = (document: Document.Parsed): { value: unknown; fault: TextFault | null } => {
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { value: undefined, fault: null };
  try {
    return { value: withoutFreeKeys(document.toJS({ maxAliasCount: 100 })), fault: null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      value: undefined,
      fault: { span: { start: 0, end: 1 }, message: `The anchors of this file cannot be resolved: ${why}.` },
    };
  }
};

/** Keys that begin with `x-` are the user's own, for anchors and notes. */
const withoutFreeKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutFreeKeys);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-'));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutFreeKeys(part)]));
};

interface Found {
  readonly node: unknown;
  readonly key: Span;
  /** The alias or `<<` through which the rest was reached, and what it stands for. */
  readonly via: { readonly span: Span; readonly origin: Span } | null;
}

const find = (document: Document.Parsed, path: Path): Place | null => {
  let here: Found = { node: document.contents, key: spanOf(document.contents) ?? { start: 0, end: 0 }, via: null };
  for (const step of path) {
    const next = enter(document, here, step);
    if (next === null) return null;
    here = next;
  }
  if (here.via !== null) return { key: here.via.span, value: here.via.span, origin: here.via.origin };
  return { key: here.key, value: spanOf(here.node) ?? here.key, origin: null };
};

const enter = (document: Document.Parsed, from: Found, step: string | number): Found | null => {
  const here = through(document, from);
  if (isSeq(here.node)) {
    const item = here.node.items[Number(step)];
    return item === undefined ? null : { node: item, key: spanOf(item) ?? here.key, via: here.via };
  }
  if (!isMap(here.node)) return null;
  const own = pairOf(here.node, String(step));
  if (own !== undefined) return { node: own.value, key: spanOf(own.key) ?? here.key, via: here.via };
  return merged(document, here, step);
};

/** Follows an alias to what it stands for, remembering where it was written. */
const through = (document: Document.Parsed, found: Found): Found => {
  if (!isAlias(found.node)) return found;
  const target = found.node.resolve(document);
  const span = spanOf(found.node) ?? found.key;
  return { node: target, key: found.key, via: found.via ?? { span, origin: spanOf(target) ?? span } };
};

const merged = (document: Document.Parsed, here: Found, step: string | number): Found | null =>
  first((here.node as YAMLMap).items, (pair) => {
    if (keyOf(pair) !== '<<') return null;
    const start = (spanOf(pair.key) ?? here.key).start;
    const span = { start, end: (spanOf(pair.value) ?? here.key).end };
    const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
    return first(sources, (source) => {
      const target = isAlias(source) ? source.resolve(document) : source;
      const via = here.via ?? { span, origin: spanOf(target) ?? span };
      return enter(document, { node: target, key: span, via }, step);
    });
  });

const at = (node: unknown, offset: number, path: Path): ReturnType<TrainingDocument['at']> => {
  if (isMap(node)) return first(node.items, (pair) => atPair(pair, offset, [...path, keyOf(pair)]));
  if (isSeq(node)) return first(node.items, (item, index) => at(item, offset, [...path, index]));
  const span = spanOf(node);
  return span !== null && contains(span, offset) ? { path, on: 'value', span } : null;
};

const atPair = (pair: Pair, offset: number, path: Path): ReturnType<TrainingDocument['at']> => {
  const key = spanOf(pair.key);
  if (key !== null && contains(key, offset)) return { path, on: 'key', span: key };
  return at(pair.value, offset, path);
};

const first = <Item, Result>(
  items: readonly Item[],
  look: (item: Item, index: number) => Result | null,
): Result | null => {
  for (const [index, item] of items.entries()) {
    const found = look(item, index);
    if (found !== null) return found;
  }
  return null;
};

const contains = ({ start, end }: Span, offset: number): boolean => start <= offset && offset <= end;

const pairOf = (map: YAMLMap, key: string): Pair | undefined => map.items.find((pair) => keyOf(pair) === key);

/** The parser gives the merge key `<<` as a symbol. */
const keyOf = ({ key }: Pair): string => {
  const value = isScalar(key) ? key.value : '';
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
};

const spanOf = (node: unknown): Span | null => {
  const range = isNode(node) ? (node as Node).range : null;
  return range === null || range === undefined ? null : { start: range[0], end: range[1] };
};
