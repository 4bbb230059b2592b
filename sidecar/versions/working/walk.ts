import { lstatSync, readdirSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { dataNotVersionable } from '../../faults.ts';
import { isInside, realPath, resolveData, type DataPlace } from '../inside.ts';
import { comparePaths } from '../tree/path-order.ts';
import { foreignNames, IGNORE_FILE, readIgnoreRules, type IgnoreRules } from './ignore-rules.ts';

/**
 * What tells whether a file is still the same. Times are milliseconds with a fraction that is exact to a quarter of a
 * microsecond; finer ones would prove no more, since what changed within a tenth of a second of a look is read again.
 */
export type FileStamp = Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs' | 'ino' | 'mode'>;

/** A file as it lies on disk. */
export interface DiskFile {
  /** Relative to the data set, with forward slashes; the file's own name when the data set is one file. */
  readonly path: string;
  /** Of what a link leads to. */
  readonly stat: FileStamp;
}

/** A data set on disk: plain data, since threads read it too. */
export interface DataOnDisk extends DataPlace {
  readonly type: 'file' | 'folder';
}

/** Where one of its files lies. */
export const locateFile = ({ type, absolute }: DataOnDisk, path: string): string =>
  type === 'folder' ? `${absolute}/${path}` : absolute;

/** How one of its files is named in messages: relative to the workspace. */
export const showFile = ({ type, path: data }: DataOnDisk, path: string): string =>
  type === 'folder' ? `${data}/${path}` : data;

/** What a walk comes by besides files. */
export interface FoundBesides {
  /** Folders that hold nothing, in order; a version cannot keep them. Complete once all files were asked for. */
  readonly emptyFolders: readonly string[];
  /** Folders that are left out because they are DVC repositories of their own. Complete once all files were asked for. */
  readonly repositories: readonly string[];
}

export interface Walk extends FoundBesides {
  readonly data: DataOnDisk;
  /** In the order of their paths' code points, found while they are asked for: no list of all files is held. */
  readonly files: Generator<DiskFile, void>;
}

/**
 * Lists a data set, a file or a folder, without reading its files. Links to files are followed while they stay
 * inside the workspace; everything that cannot be versioned is refused by name.
 * @param standsInside whether who asks for a file stands in the folder
 * @throws Fault `dataset-missing` or `dataset-unreadable`
 */
export const walkData = (root: string, path: string, standsInside = false): Walk => {
  const { data, folder, only } = startWalk(root, path, standsInside);
  const { emptyFolders, repositories } = folder;
  return { data, files: only === null ? filesBelow(folder) : onlyFile(only), emptyFolders, repositories };
};

/** A walk that is shared out: its units together are the data set. */
export interface SharedWalk extends FoundBesides {
  readonly data: DataOnDisk;
  /** In path order: files, and folders with a `/` behind them. */
  readonly units: readonly string[];
}

/** Units that are enough to keep all threads busy to the end. */
const ENOUGH_UNITS = 64;
const DEEPEST = 4;

/**
 * The upper levels of a data set, as far down as it takes to share the rest out.
 * @throws Fault `dataset-missing` or `dataset-unreadable`
 */
export const shareWalk = (root: string, path: string): SharedWalk => {
  const { data, folder, only } = startWalk(root, path);
  let units = only === null ? (listNames(folder, '') ?? []) : [only.path];
  const isFolder = (unit: string) => unit.endsWith('/');
  for (let depth = 1; depth < DEEPEST && units.length < ENOUGH_UNITS && units.some(isFolder); depth++) {
    units = units.flatMap((unit) =>
      isFolder(unit) ? (listNames(folder, unit) ?? []).map((name) => unit + name) : [unit],
    );
  }
  const { emptyFolders, repositories } = folder;
  return { data, units, emptyFolders, repositories };
};

const GUESSED_FROM = 3;

/**
 * How many files there are, as far as a few of the folders tell; those that lie deeper do not count.
 * @throws Fault `dataset-unreadable`
 */
export const guessFiles = ({ data, units }: SharedWalk): number => {
  const folders = units.filter((unit) => unit.endsWith('/'));
  const each = Math.ceil(folders.length / GUESSED_FROM);
  const some = folders.filter((_folder, at) => at % each === each >> 1);
  const inside = some.reduce((sum, folder) => sum + (readFolder(data, folder)?.length ?? 0), 0);
  return units.length - folders.length + (some.length === 0 ? 0 : (inside / some.length) * folders.length);
};

/** `walkData` over some of the units of `shareWalk`. */
export const walkUnits = (root: string, path: string, units: readonly string[], standsInside: boolean): Walk => {
  const { data, folder, only } = startWalk(root, path, standsInside);
  const { emptyFolders, repositories } = folder;
  return { data, files: only === null ? filesBelow(folder, units) : onlyFile(only), emptyFolders, repositories };
};

const startWalk = (root: string, path: string, standsInside = false) => {
  const place = resolveData(root, path);
  const rules = readIgnoreRules(root, place.path);
  const stat = statSync(place.absolute);
  const isFolder = stat.isDirectory();
  if (rules?.(isFolder ? `${place.path}/` : place.path) === true) {
    throw dataNotVersionable(place.path, `a ${IGNORE_FILE} above it leaves it out`);
  }
  if (!isFolder && !stat.isFile()) throw dataNotVersionable(place.path, 'it is neither a file nor a folder');
  const folder: WalkedFolder = {
    root: realpathSync(root),
    ...place,
    way: standsInside ? '' : `${place.absolute}/`,
    rules,
    emptyFolders: [],
    repositories: [],
  };
  const data: DataOnDisk = { ...place, type: isFolder ? 'folder' : 'file' };
  return { data, folder, only: isFolder ? null : { path: basename(place.path), stat } };
};

const onlyFile = function* (file: DiskFile): Generator<DiskFile, void> {
  yield file;
};

interface WalkedFolder extends DataPlace {
  /** The workspace, all links resolved. */
  readonly root: string;
  /** What leads to its files from where the process stands. */
  readonly way: string;
  readonly rules: IgnoreRules | null;
  readonly emptyFolders: string[];
  readonly repositories: string[];
}

/** A folder on the way down: its names in order, those of folders with a `/` behind them. */
interface Level {
  readonly prefix: string;
  readonly names: readonly string[];
  next: number;
}

const filesBelow = function* (
  folder: WalkedFolder,
  names: readonly string[] = listNames(folder, '') ?? [],
): Generator<DiskFile, void> {
  const levels: Level[] = [{ prefix: '', names, next: 0 }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names[level.next++];
    if (name === undefined) {
      levels.pop();
      continue;
    }
    const path = level.prefix + name;
    if (name.endsWith('/')) {
      const inside = listNames(folder, path);
      if (inside !== null) levels.push({ prefix: path, names: inside, next: 0 });
      continue;
    }
    const stat = statFile(folder, path);
    // Null when it was removed since its folder was listed.
    if (stat !== null) yield { path, stat };
  }
};

/** @returns null for a folder that is left out, or was removed meanwhile */
const listNames = (folder: WalkedFolder, prefix: string): string[] | null => {
  const entries = readFolder(folder, prefix);
  if (entries === null) return null;
  if (prefix !== '' && entries.some((entry) => entry.name === '.dvc' && entry.isDirectory())) {
    folder.repositories.push(prefix.slice(0, -1));
    return null;
  }
  const { rules } = folder;
  const all = entries
    .filter(({ name }) => !foreignNames.has(name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  const names = rules === null ? all : all.filter((name) => !rules(showInside(folder, prefix + name)));
  for (const name of names) refuseTracked(folder, prefix, name);
  if (names.some((name) => name.includes(REPLACEMENT))) refuseUndecodable(folder, prefix);
  if (names.length === 0 && prefix !== '') folder.emptyFolders.push(prefix.slice(0, -1));
  return sortNames(names);
};

/** What DVC refuses inside a folder that it tracks as one. */
const refuseTracked = (folder: WalkedFolder, prefix: string, name: string): void => {
  if (name === IGNORE_FILE) {
    throw dataNotVersionable(
      showInside(folder, prefix + name),
      'rules of what is left out lie beside a data set or above it, not inside',
    );
  }
  if (name.endsWith('.dvc')) {
    throw dataNotVersionable(
      showInside(folder, prefix + name),
      'it points to data of its own, and one data set cannot lie inside another',
    );
  }
};

/** Undecodable bytes become this character; so does the character itself. */
const REPLACEMENT = '\ufffd';

const readFolder = (folder: DataPlace, prefix: string): Dirent[] | null => {
  try {
    return readdirSync(join(folder.absolute, prefix), { withFileTypes: true });
  } catch (error) {
    return goneOr(error, showInside(folder, prefix));
  }
};

const refuseUndecodable = (folder: WalkedFolder, prefix: string): void => {
  for (const bytes of readdirSync(join(folder.absolute, prefix), { encoding: 'buffer' })) {
    const name = bytes.toString('utf8');
    if (!Buffer.from(name).equals(bytes)) {
      throw dataNotVersionable(`${folder.path}/${prefix}${name}`, 'its name is not UTF-8');
    }
  }
};

/** The engine's own order is that of UTF-16 units, and much faster; they agree below the surrogates. */
const sortNames = (names: string[]): string[] =>
  names.some((name) => /[\ud800-\uffff]/.test(name)) ? names.sort(comparePaths) : names.sort();

const statFile = (folder: WalkedFolder, path: string): Stats | null => {
  let entry: Stats;
  try {
    entry = lstatSync(folder.way + path);
  } catch (error) {
    return goneOr(error, showInside(folder, path));
  }
  return entry.isFile() ? entry : followLink(folder, path, entry);
};

const showInside = (folder: Pick<DataPlace, 'path'>, path: string): string => `${folder.path}/${path}`;

const followLink = (folder: WalkedFolder, path: string, entry: Stats): Stats => {
  const shown = showInside(folder, path);
  if (!entry.isSymbolicLink()) throw dataNotVersionable(shown, `it is ${describe(entry)}`);
  const target = realPath(`${folder.absolute}/${path}`);
  if (target === null) throw dataNotVersionable(shown, 'it is a link to nothing');
  if (!isInside(folder.root, target)) throw dataNotVersionable(shown, 'it is a link that leads out of the workspace');
  const stat = statSync(target);
  if (!stat.isFile()) throw dataNotVersionable(shown, 'it is a link to something that is no file');
  return stat;
};

const describe = (entry: Stats): string => {
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return entry.isDirectory() ? 'a folder now and was a file a moment ago' : 'a device';
};

/** @returns null when the thing is gone @throws Fault `dataset-unreadable` for all else that the system refuses */
const goneOr = (error: unknown, shown: string): null => {
  if (!(error instanceof Error && 'code' in error)) throw error;
  if (error.code === 'ENOENT') return null;
  throw dataNotVersionable(shown, error.message);
};
