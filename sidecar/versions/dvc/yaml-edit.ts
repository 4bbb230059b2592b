import { valueOf, type YamlMap, type YamlNode, type YamlPair } from './yaml.ts';

/** A piece of text in the place of another; everything around it stays as it is. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A value to be written: plain text that needs no quotes, or a map of it. */
export type YamlData = string | { readonly [key: string]: YamlData };

interface NewPair {
  readonly key: string;
  readonly value: YamlData;
}

/** Applies edits that do not overlap; of those at one place, the first comes first. New lines end as the others do. */
export const editYaml = (text: string, edits: readonly Edit[]): string => {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  let at = 0;
  const parts = [...edits]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .flatMap((edit) => {
      const kept = text.slice(at, edit.start);
      at = edit.end;
      return [kept, edit.text.replaceAll('\n', lineEnd)];
    });
  return [...parts, text.slice(at)].join('');
};

/** `key: value`, a map over lines of its own. */
export const blockLines = (key: string, value: YamlData): string[] => {
  if (typeof value === 'string') return [`${key}: ${value}`];
  const inner = Object.entries(value).flatMap(([name, part]) => blockLines(name, part));
  return [`${key}:`, ...inner.map((line) => `  ${line}`)];
};

/** `"key": value` as JSON, which may stand in every flow map. */
const flowPair = (key: string, value: YamlData): string => {
  if (typeof value === 'string') return `"${key}": ${/^\d{1,15}$|^true$/.test(value) ? value : JSON.stringify(value)}`;
  const inner = Object.entries(value).map(([name, part]) => flowPair(name, part));
  return `"${key}": {${inner.join(', ')}}`;
};

/** Text as it stands for the reader, a value that is there already is not touched. */
export const replaceText = (node: YamlNode, value: string): Edit[] => {
  const plain = value.replace(/^'(.*)'$/, '$1');
  if (node.kind === 'text' && node.text === plain) return [];
  return [{ start: node.start, end: endOf(node), text: node.start === node.end ? ` ${value}` : value }];
};

export const sameData = (node: YamlNode, data: YamlData): boolean =>
  JSON.stringify(valueOf(node)) === JSON.stringify(data);

/** Adds a pair behind the last one whose key is among `after`, else before the first. */
export const insertPair = (text: string, map: YamlMap, after: readonly string[], pair: NewPair): Edit => {
  const before = map.pairs.findLast(({ key }) => after.includes(key));
  if (map.flow) return insertIntoFlow(map, before, flowPair(pair.key, pair.value));
  const [first] = map.pairs;
  const indent = ' '.repeat(columnOf(text, first?.start ?? map.start));
  const lines = blockLines(pair.key, pair.value);
  if (before === undefined) {
    const start = first?.start ?? map.start;
    return { start, end: start, text: lines.map((line) => `${line}\n${indent}`).join('') };
  }
  const start = lineEndOf(text, endOf(before.value));
  const unended = text[start - 1] !== '\n';
  const block = lines.map((line) => `${indent}${line}`).join('\n');
  return { start, end: start, text: unended ? `\n${block}` : `${block}\n` };
};

const insertIntoFlow = (map: YamlMap, before: YamlPair | undefined, pair: string): Edit => {
  const [first] = map.pairs;
  if (before !== undefined) return { start: endOf(before.value), end: endOf(before.value), text: `, ${pair}` };
  const start = first?.start ?? map.start + 1;
  return { start, end: start, text: first === undefined ? pair : `${pair}, ` };
};

export const replacePair = (text: string, map: YamlMap, old: YamlPair, pair: NewPair): Edit => {
  const indent = ' '.repeat(columnOf(text, old.start));
  const block = blockLines(pair.key, pair.value).join(`\n${indent}`);
  return { start: old.start, end: endOf(old.value), text: map.flow ? flowPair(pair.key, pair.value) : block };
};

/** Takes a pair with a scalar out, its line with it. */
export const removePair = (text: string, map: YamlMap, pair: YamlPair): Edit => {
  const at = map.pairs.indexOf(pair);
  const end = endOf(pair.value);
  if (map.flow) {
    const next = map.pairs[at + 1];
    const last = map.pairs[at - 1];
    if (next !== undefined) return { start: pair.start, end: next.start, text: '' };
    return { start: last === undefined ? pair.start : endOf(last.value), end, text: '' };
  }
  const column = columnOf(text, pair.start);
  const nextLine = lineEndOf(text, end);
  // The first stands behind the dash of its item, which the next one takes over.
  if (at === 0) return { start: pair.start, end: nextLine + column, text: '' };
  return { start: pair.start - column, end: nextLine, text: '' };
};

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

/** Where the line behind ends that something ends on. */
const lineEndOf = (text: string, at: number): number => {
  if (text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
};

/** End of the last thing that is written in a node; a block's own end lies behind what follows it. */
const endOf = (node: YamlNode): number => {
  if (node.kind === 'text' || node.flow) return node.end;
  const last = node.kind === 'map' ? node.pairs.at(-1)?.value : node.items.at(-1);
  return last === undefined ? node.end : endOf(last);
};
