import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashDirListing } from './dir-listing.ts';
import { writeDurably } from '../durable.ts';
import { manifestBytes, type Manifest } from '../manifest.ts';

/** Path of the pointer of a data set: beside it, as DVC has it. */
export const pointerPath = (path: string): string => `${path}.dvc`;

/**
 * Writes the `.dvc` file that names this version, a legal one of DVC 3: committed to Git, it says which bytes belong
 * to a commit. What else an existing pointer holds (comments, `meta`, `desc`) stays; one that describes something
 * else than a plain `dvc add` (an import, several outputs) is left alone.
 * @returns whether the pointer names this version now
 */
export const writePointer = (root: string, path: string, manifest: Manifest): boolean => {
  const file = join(root, pointerPath(path));
  const before = readText(file);
  const fields = pointerFields(path, manifest);
  const after = before === null ? formatPointer(fields) : updatePointer(before, fields);
  if (after === null) return false;
  if (after !== before) writeDurably(file, after, 0o644);
  return true;
};

type Field = readonly [key: string, value: string];

/** In the order in which DVC writes them. */
const pointerFields = (path: string, manifest: Manifest): readonly Field[] => {
  const [only] = manifest.files;
  const folder = manifest.type === 'folder';
  return [
    ['md5', folder ? hashDirListing(manifest.files) : (only?.md5 ?? '')],
    ['size', String(manifestBytes(manifest))],
    ...(folder ? [['nfiles', String(manifest.files.length)] as const] : []),
    ...(!folder && only?.executable === true ? [['isexec', 'true'] as const] : []),
    ['hash', 'md5'],
    ['path', yamlString(basename(path))],
  ];
};

const formatPointer = (fields: readonly Field[]): string =>
  `outs:\n${fields.map(([key, value], at) => `${at === 0 ? '- ' : '  '}${key}: ${value}\n`).join('')}`;

const ownKeys = new Set(['md5', 'size', 'nfiles', 'isexec', 'hash', 'path']);

/** @returns null when the text is not what `dvc add` writes for one output */
const updatePointer = (text: string, fields: readonly Field[]): string | null => {
  const lines = text.replace(/\n+$/, '').split(/\r?\n/);
  const outs = lines.indexOf('outs:');
  const indent = /^(\s*)- \w/.exec(lines[outs + 1] ?? '')?.[1];
  if (outs === -1 || indent === undefined || isForeign(lines)) return null;
  const end = lines.findIndex((line, at) => at > outs + 1 && /^[^\s-]/.test(line));
  const rest = end === -1 ? [] : lines.slice(end);
  const output = lines.slice(outs + 1, end === -1 ? lines.length : end);
  const written = fields.map(([key, value], at) => `${indent}${at === 0 ? '- ' : '  '}${key}: ${value}`);
  return [...lines.slice(0, outs + 1), ...written, ...keepOthers(output, `${indent}  `), ...rest, ''].join('\n');
};

const isForeign = (lines: readonly string[]): boolean =>
  lines.filter((line) => /^\s*- /.test(line)).length !== 1 ||
  lines.some((line) => /^(deps|cmd|frozen|always_changed|wdir):|^\s+(files|cloud):/.test(line));

/** The lines of an output without the keys that are written anew; a value may go on over deeper lines. */
const keepOthers = (output: readonly string[], indent: string): string[] => {
  let dropping = false;
  return output
    .map((line) => line.replace(/^(\s*)- /, '$1  '))
    .filter((line) => {
      if (/^\s*#/.test(line)) return true;
      const key = line.startsWith(indent) ? /^(\w+):/.exec(line.slice(indent.length))?.[1] : undefined;
      if (key !== undefined) dropping = ownKeys.has(key);
      return !dropping;
    });
};

const plain = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_./ -]*[\p{L}\p{N}_./-])?$/u;
/** Numbers, dates and words that YAML takes for something else than text. */
const ambiguous = /^(?:[\d.:_+-]+|0[xo][\da-f_]+|[\d._]+e[+-]?\d+|true|false|null|yes|no|on|off|y|n)$/i;

/** As DVC writes a name: plain where YAML reads it as text, in quotes where it would not, escaped where it must be. */
const yamlString = (text: string): string => {
  if (plain.test(text)) return ambiguous.test(text) ? `'${text}'` : text;
  // JSON is YAML but for line breaks and control characters that JSON leaves alone.
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};
