import { readdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sourceUnusable } from '../faults.ts';
import type { BuiltIn } from './built-in.ts';

/** Where a built-in data set comes from: a place with the files as they are published, or a folder with the data. */
export type BuiltInSource =
  | { readonly kind: 'published'; /** A folder, with the slash at the end. */ readonly base: URL }
  | { readonly kind: 'data'; readonly folder: string };

/**
 * @param source `data.source`: an address, or a path relative to `root`; null for the data set's home
 * @throws Fault `download-failed` when nothing of use is there
 */
export const findSource = (source: string | null, root: string, wanted: BuiltIn): BuiltInSource => {
  if (source === null) return { kind: 'published', base: new URL(wanted.home) };
  if (/^https?:/i.test(source)) return { kind: 'published', base: folderOf(source, wanted) };
  const path = /^file:/i.test(source) ? pathOf(source) : resolve(root, source);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw sourceUnusable(source, 'there is no such folder');
  return inFolder(stat.isDirectory() ? path : dirname(path), source, wanted);
};

const inFolder = (folder: string, source: string, { members, files }: BuiltIn): BuiltInSource => {
  const there = new Set(readdirSync(folder));
  const isWhole = (names: readonly string[]) => names.every((name) => there.has(name));
  const published = files.map(({ name }) => name);
  if (members !== null && isWhole(members)) return { kind: 'data', folder };
  if (isWhole(published)) return { kind: 'published', base: new URL(`${pathToFileURL(folder).href}/`) };
  const plain = published.map((name) => name.replace(/\.gz$/, ''));
  if (members === null && isWhole(plain)) return { kind: 'data', folder };
  throw sourceUnusable(source, `it holds neither ${published.join(', ')} nor ${(members ?? plain).join(', ')}`);
};

const pathOf = (source: string): string => {
  try {
    return fileURLToPath(source);
  } catch (error) {
    throw sourceUnusable(source, error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
  }
};

/** The folder of a mirror; the address of a published file stands for its folder. */
const folderOf = (source: string, { files }: BuiltIn): URL => {
  if (!URL.canParse(source)) throw sourceUnusable(source, 'it is no address');
  const url = new URL(source);
  const isFile = files.some(({ name }) => url.pathname.endsWith(`/${name}`));
  if (!isFile && !url.pathname.endsWith('/')) url.pathname += '/';
  return new URL('.', url);
};
