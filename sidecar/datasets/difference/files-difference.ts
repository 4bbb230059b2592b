import type { ComparedFile, FilesDifference, FolderDifference } from '../../contract/data-difference.ts';
import { comparePaths } from '../../versions/tree/path-order.ts';
import type { DataState, FileChange, StateFile } from './data-state.ts';
import { joinMovedTables } from './moved-tables.ts';

export interface ChangedFiles {
  /** In path order; a renamed file by its new path. */
  readonly changes: readonly FileChange[];
  readonly difference: FilesDifference;
  readonly totals: { readonly from: Totals; readonly to: Totals };
}

interface Totals {
  readonly files: number;
  readonly bytes: number;
}

const MOST_EXAMPLES = 1_000;
const MOST_FOLDERS = 1_000;

/**
 * What changed from one state to another, file by file, by merging their sorted lists. A file that is gone and one that
 * is new are one renamed file where their bytes are equal, and tables where most of them are. Only what differs is held.
 */
export const compareFiles = (from: DataState, to: DataState): ChangedFiles => {
  const folders = createFolderCounts();
  const found: FileChange[] = [];
  const totals = { from: { files: 0, bytes: 0 }, to: { files: 0, bytes: 0 } };
  let unchanged = 0;
  for (const pair of pairsOf(from.files(), to.files())) {
    count(totals.from, pair.from);
    count(totals.to, pair.to);
    folders.see(pair.from, pair.to);
    const change = changeOf(pair);
    if (change === null) unchanged += 1;
    else found.push({ change, from: withoutMore(pair.from), to: withoutMore(pair.to) });
  }
  const changes = joinMovedTables(joinRenamed(found), from, to);
  for (const change of changes) folders.change(change);
  return { changes, totals, difference: { ...countChanges(changes), unchanged, ...folders.finish() } };
};

const count = (totals: { files: number; bytes: number }, file: StateFile | null): void => {
  if (file === null) return;
  totals.files += 1;
  totals.bytes += file.size;
};

type Pair = Pick<FileChange, 'from' | 'to'>;

const pairsOf = function* (from: Iterable<StateFile>, to: Iterable<StateFile>): Generator<Pair, void> {
  const [left, right] = [from[Symbol.iterator](), to[Symbol.iterator]()];
  let old = next(left);
  let now = next(right);
  while (old !== null || now !== null) {
    const order = old === null ? 1 : now === null ? -1 : comparePaths(old.path, now.path);
    yield { from: order <= 0 ? old : null, to: order >= 0 ? now : null };
    if (order <= 0) old = next(left);
    if (order >= 0) now = next(right);
  }
};

/** What a row of a version says beside, its MD5 above all, is not held with it. */
const withoutMore = (file: StateFile | null): StateFile | null =>
  file === null ? null : { path: file.path, size: file.size, content: file.content, executable: file.executable };

const next = (files: Iterator<StateFile>): StateFile | null => {
  const step = files.next();
  return step.done === true ? null : step.value;
};

const changeOf = ({ from, to }: Pair): ComparedFile['change'] | null => {
  if (from === null) return 'added';
  if (to === null) return 'removed';
  return from.content === to.content && from.executable === to.executable ? null : 'changed';
};

/** Empty files are all equal, and no file that was renamed. */
const joinRenamed = (found: readonly FileChange[]): FileChange[] => {
  const gone = new Map<string, StateFile[]>();
  for (const { change, from } of found) {
    if (change !== 'removed' || from === null || from.size === 0) continue;
    const equal = gone.get(from.content);
    if (equal === undefined) gone.set(from.content, [from]);
    else equal.push(from);
  }
  const moved = new Set<StateFile>();
  const joined = found.map((one): FileChange => {
    if (one.change !== 'added' || one.to === null) return one;
    const from = takeLikest(gone.get(one.to.content), one.to.path);
    if (from === undefined) return one;
    moved.add(from);
    return { change: 'renamed', from, to: one.to };
  });
  return joined.filter(({ change, from }) => change !== 'removed' || from === null || !moved.has(from));
};

/** Of thousands of equal files it does not matter which one was which. */
const MOST_LIKE = 64;

/** Of several files with these bytes the one with the same name in another folder. */
const takeLikest = (files: StateFile[] | undefined, path: string): StateFile | undefined => {
  if (files === undefined) return undefined;
  const name = baseOf(path);
  const same = files.slice(0, MOST_LIKE).findIndex((file) => baseOf(file.path) === name);
  return files.splice(Math.max(0, same), 1)[0];
};

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
/** Empty for a file that lies in no folder. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const countChanges = (changes: readonly FileChange[]) => {
  const counts = { added: 0, removed: 0, changed: 0, renamed: 0 };
  let addedBytes = 0;
  let removedBytes = 0;
  for (const { change, from, to } of changes) {
    counts[change] += 1;
    if (from?.content === to?.content) continue;
    addedBytes += to?.size ?? 0;
    removedBytes += from?.size ?? 0;
  }
  return { ...counts, addedBytes, removedBytes, examples: changes.slice(0, MOST_EXAMPLES).map(toCompared) };
};

/** Where a file is, and where one was that is gone. */
export const pathOf = ({ from, to }: Pick<FileChange, 'from' | 'to'>): string => (to ?? from)?.path ?? '';

/** As it is shown. */
export const toCompared = ({ change, from, to }: FileChange): ComparedFile => ({
  change,
  path: pathOf({ from, to }),
  before: change === 'renamed' ? (from?.path ?? null) : null,
  fromBytes: from?.size ?? null,
  toBytes: to?.size ?? null,
});

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const isChanged = ({ added, removed, changed, movedIn, movedOut }: FolderDifference): boolean =>
  added + removed + changed + movedIn + movedOut > 0;

const createFolderCounts = () => {
  const folders = new Map<string, Writable<FolderDifference>>();
  const of = (path: string): Writable<FolderDifference> => {
    const folder = folderOf(path);
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const fresh = { folder, from: 0, to: 0, added: 0, removed: 0, changed: 0, movedIn: 0, movedOut: 0 };
    folders.set(folder, fresh);
    return fresh;
  };
  return {
    see: (from: StateFile | null, to: StateFile | null): void => {
      if (from !== null) of(from.path).from += 1;
      if (to !== null) of(to.path).to += 1;
    },
    change: (one: FileChange): void => {
      const path = pathOf(one);
      if (one.change !== 'renamed') of(path)[one.change] += 1;
      else if (one.from !== null && folderOf(one.from.path) !== folderOf(path)) {
        of(one.from.path).movedOut += 1;
        of(path).movedIn += 1;
      }
    },
    finish: (): Pick<FilesDifference, 'folders' | 'foldersChanged'> => {
      const changed = [...folders.values()].filter(isChanged);
      const ordered = changed.sort((a, b) => comparePaths(a.folder, b.folder));
      return { folders: ordered.slice(0, MOST_FOLDERS), foldersChanged: changed.length };
    },
  };
};
