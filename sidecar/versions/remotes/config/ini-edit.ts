import { requestInvalid } from '../../../faults.ts';

/**
 * Sets and removes values in the text of an INI file; comments, order and all that is not ours stay as they are.
 * @param section the header between its brackets, such as `'remote "store"'`
 * @param values null removes a key
 */
export const editIni = (text: string, section: string, values: Readonly<Record<string, string | null>>): string => {
  const lines = linesOf(text);
  const place = findSection(lines, section);
  const wanted = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null);
  const written = wanted.map(([key, value]) => `    ${key} = ${quoted(value)}`);
  if (place === null) return written.length === 0 ? text : joined([...lines, `[${section}]`, ...written]);
  const body = lines.slice(place.start + 1, place.end).filter((line) => !(keyOf(line) in values));
  return joined([...lines.slice(0, place.start + 1), ...body, ...written, ...lines.slice(place.end)]);
};

export const removeSection = (text: string, section: string): string => {
  const lines = linesOf(text);
  const place = findSection(lines, section);
  return place === null ? text : joined([...lines.slice(0, place.start), ...lines.slice(place.end)]);
};

const linesOf = (text: string): string[] => {
  const lines = text.split('\n');
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines;
};

const joined = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}\n`);

const findSection = (lines: readonly string[], section: string): { start: number; end: number } | null => {
  const start = lines.findIndex((line) => headerOf(line) === bare(section));
  if (start === -1) return null;
  const next = lines.findIndex((line, at) => at > start && headerOf(line) !== null);
  return { start, end: next === -1 ? lines.length : next };
};

const headerOf = (line: string): string | null => {
  const inner = /^\s*\[(.*)\]\s*$/.exec(line)?.[1];
  return inner === undefined ? null : bare(inner);
};

/** `'remote "store"'` and `remote "store"` are the same section. */
const bare = (header: string): string => header.trim().replace(/^'(.*)'$/, '$1');

const keyOf = (line: string): string => (/^\s*([\w-]+)\s*=/.exec(line)?.[1] ?? '').toLowerCase();

/** `#` begins a comment and `,` a list where a value stands bare; there is no way to write both kinds of quotes. */
const quoted = (value: string): string => {
  if (!/[#,"']|^\s|\s$/.test(value)) return value;
  if (!value.includes('"')) return `"${value}"`;
  if (!value.includes("'")) return `'${value}'`;
  throw requestInvalid('A setting of .dvc/config cannot hold both kinds of quotes.');
};
