import { isMap, isScalar, isSeq, parseDocument, type Pair } from 'yaml';
import type { Path, Span } from './span.ts';

/** Stands where the cursor is; letters that no one writes, and none that YAML gives a meaning. */
const MARK = 'zqCursorqz';

/** Where the cursor stands in what the text would mean if the word under it were finished. */
export interface Cursor {
  readonly on: 'key' | 'value';
  /** Path of the mapping for a key, of the value itself for a value. */
  readonly path: Path;
  /** The word under the cursor, which a completion replaces. */
  readonly span: Span;
  /** Keys that the mapping already has; empty for a value. */
  readonly present: readonly string[];
  /** Whether a colon already follows a key. */
  readonly colon: boolean;
  /** Whether it stands inside `{ … }` or `[ … ]`. */
  readonly flow: boolean;
}

/**
 * The readings of a cursor, the likeliest first: an unfinished line may become a key or a value.
 * A mark is put into the text, with a colon where a key is being typed, and then looked up in the parsed tree.
 */
export const readCursor = (text: string, offset: number): readonly Cursor[] => {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  if (/(^|\s)#/.test(line)) return [];
  const rest = /^[^\n]*/.exec(text.slice(offset))?.[0] ?? '';
  const colon = /^[\w.-]*:/.test(rest);
  const opensLine = /^[\s-]*[\w.-]*$/.test(line);
  const asValue = read(text, offset, '', colon);
  const asKey = opensLine && !colon ? read(text, offset, ':', colon) : null;
  return [asKey, asValue].filter((cursor) => cursor !== null);
};

const read = (text: string, offset: number, after: string, colon: boolean): Cursor | null => {
  const span = wordAt(text, offset);
  const marked = `${text.slice(0, offset)}${MARK}${text.slice(offset, span.end)}${after}${text.slice(span.end)}`;
  const found = seek(parseDocument(marked, { merge: true }).contents, [], false);
  return found === null ? null : { ...found, span, colon };
};

/** A word may hold what paths, versions and devices are written with. */
const wordAt = (text: string, offset: number): Span => {
  const before = /[\w./@:+-]*$/.exec(text.slice(0, offset))?.[0] ?? '';
  const after = /^[\w./@+-]*/.exec(text.slice(offset))?.[0] ?? '';
  // A dash before a word opens an item of a list, and a colon ends a key; neither belongs to the word.
  const word = before.replace(/^(-|[\w.-]+:$)/, '');
  return { start: offset - word.length, end: offset + after.length };
};

type Found = Pick<Cursor, 'on' | 'path' | 'present' | 'flow'>;

const seek = (node: unknown, path: Path, flow: boolean): Found | null => {
  if (isMap(node)) {
    const inFlow = flow || node.flow === true;
    return firstOf(node.items, (pair) => seekPair(pair, node.items, path, inFlow));
  }
  if (isSeq(node)) {
    const inFlow = flow || node.flow === true;
    return firstOf(node.items, (item, index) => seek(item, [...path, index], inFlow));
  }
  return marks(node) ? { on: 'value', path, present: [], flow } : null;
};

const seekPair = (pair: Pair, all: readonly Pair[], path: Path, flow: boolean): Found | null => {
  if (marks(pair.key)) {
    const present = all.filter((other) => other !== pair).map(keyOf);
    return { on: 'key', path, present, flow };
  }
  return seek(pair.value, [...path, keyOf(pair)], flow);
};

const firstOf = <Item>(items: readonly Item[], look: (item: Item, index: number) => Found | null): Found | null => {
  for (const [index, item] of items.entries()) {
    const found = look(item, index);
    if (found !== null) return found;
  }
  return null;
};

const marks = (node: unknown): boolean => isScalar(node) && typeof node.value === 'string' && node.value.includes(MARK);

const keyOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');
