import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { basename, join } from 'node:path';
import { dataNotVersionable } from '../faults.ts';
import { isInside, realPath, resolveData } from './inside.ts';
import { comparePaths } from './manifest.ts';

/** A file as it lies on disk. */
export interface DiskFile {
  /** Relative to the data set, with forward slashes. */
  readonly path: string;
  readonly absolute: string;
  /** Relative to the workspace: how it is named in a message. */
  readonly shown: string;
  readonly stat: BigIntStats;
}

export interface Walk {
  readonly type: 'file' | 'folder';
  /** Sorted by the bytes of their paths. */
  readonly files: readonly DiskFile[];
  /** Folders that hold nothing at all, sorted; a version cannot keep them. */
  readonly emptyFolders: readonly string[];
}

/** What belongs to tools and not to the data, as DVC leaves it out too. */
const foreign = new Set(['.git', '.hg', '.dvc', '.trainyard']);

/**
 * Lists a data set, a file or a folder, without reading its files. Links to files are followed while they stay
 * inside the workspace; everything that cannot be versioned is refused by name.
 * @throws Fault `dataset-missing` or `dataset-unreadable`
 */
export const walkData = (root: string, path: string): Walk => {
  const place = resolveData(root, path);
  const stat = statSync(place.absolute, { bigint: true });
  if (stat.isFile()) {
    const file = { path: basename(place.path), absolute: place.absolute, shown: place.path, stat };
    return { type: 'file', files: [file], emptyFolders: [] };
  }
  if (!stat.isDirectory()) throw dataNotVersionable(place.path, 'it is neither a file nor a folder');

  const files: DiskFile[] = [];
  const emptyFolders: string[] = [];
  const visit = (folder: string, prefix: string): void => {
    const names = listNames(folder, `${place.path}/${prefix}`);
    if (names.length === 0 && prefix !== '') emptyFolders.push(prefix.slice(0, -1));
    for (const name of names) {
      const inner = prefix + name;
      const absolute = join(folder, name);
      const entry = lstatSync(absolute, { bigint: true });
      if (entry.isDirectory()) visit(absolute, `${inner}/`);
      else
        files.push({
          path: inner,
          absolute,
          shown: `${place.path}/${inner}`,
          stat: fileStat(root, absolute, entry, `${place.path}/${inner}`),
        });
    }
  };
  visit(place.absolute, '');
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { type: 'folder', files, emptyFolders };
};

const listNames = (folder: string, shown: string): string[] =>
  readdirSync(folder, { encoding: 'buffer' })
    .map((bytes) => {
      const name = bytes.toString('utf8');
      if (!Buffer.from(name).equals(bytes)) throw dataNotVersionable(shown + name, 'its name is not UTF-8');
      return name;
    })
    .filter((name) => !foreign.has(name));

const fileStat = (root: string, absolute: string, entry: BigIntStats, shown: string): BigIntStats => {
  if (entry.isFile()) return entry;
  if (!entry.isSymbolicLink()) throw dataNotVersionable(shown, `it is ${describe(entry)}`);
  const target = realPath(absolute);
  if (target === null) throw dataNotVersionable(shown, 'it is a link to nothing');
  if (!isInside(realpathSync(root), target)) {
    throw dataNotVersionable(shown, 'it is a link that leads out of the workspace');
  }
  const stat = statSync(target, { bigint: true });
  if (!stat.isFile()) throw dataNotVersionable(shown, 'it is a link to something that is no file');
  return stat;
};

const describe = (entry: BigIntStats): string => {
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
};
