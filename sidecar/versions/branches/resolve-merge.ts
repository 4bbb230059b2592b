import { posix } from 'node:path';
import type { Hash } from '../../contract/ids.ts';
import type { Blobs } from '../store/blobs.ts';
import { findFile, readFiles, type VersionFile } from '../tree/version.ts';
import { comparePaths } from '../tree/path-order.ts';
import type { Conflict } from './merge-file.ts';
import { pairByPath } from './pair-by-path.ts';
import type { MergePlan } from './plan-merge.ts';

/** `both` keeps the file of theirs beside ours, under a name with the suffix of the merge. */
export type Choice = 'ours' | 'theirs' | 'both';

export interface Choices {
  /** For all conflicts without a choice of their own; null leaves them. */
  readonly all: Choice | null;
  readonly paths: ReadonlyMap<string, Choice>;
  /** Of the names of files that are kept beside others, `theirs` or the branch. */
  readonly suffix: string;
}

export interface Resolved {
  /** The files of the merged version in path order; those in conflict as they are with us. */
  readonly files: () => Iterable<VersionFile>;
  /** What is left, by path. */
  readonly conflicts: readonly Conflict[];
}

type Edits = Map<string, VersionFile | null>;
type Reads = Pick<Blobs, 'get'>;
/** Gives the name under which a file is kept beside another. */
type Beside = (path: string) => string;

/**
 * Settles the conflicts of a merge. A file in the place of a folder is found here, since it may come from a choice.
 * @param ours the version that the plan is for
 * @throws Fault `store-damaged`
 */
export const resolveMerge = (blobs: Reads, ours: Hash, plan: MergePlan, choices: Choices): Resolved => {
  const choose = (path: string) => choices.paths.get(path) ?? choices.all;
  const edits: Edits = new Map(plan.edits);
  const beside = (path: string) =>
    besideName(path, choices.suffix, (name) => edits.has(name) || findFile(blobs, ours, name) !== undefined);
  const left = plan.conflicts.filter((conflict) => {
    const choice = choose(conflict.path);
    if (choice !== null) settle(edits, conflict, choice, beside);
    return choice === null;
  });
  const open = new Map(left.map((conflict) => [conflict.path, conflict]));
  for (const clash of clashesIn(mergedFiles(blobs, ours, edits))) {
    const choice = choose(clash.file.path);
    if (choice === null) open.set(clash.file.path, toConflict(clash, edits));
    else settleClash(edits, clash, choice, beside);
  }
  return {
    files: () => mergedFiles(blobs, ours, edits),
    conflicts: [...open.values()].sort((a, b) => comparePaths(a.path, b.path)),
  };
};

const settle = (edits: Edits, { path, ours, theirs }: Conflict, choice: Choice, beside: Beside): void => {
  if (choice === 'ours') return;
  if (choice === 'theirs') edits.set(path, theirs);
  else if (theirs !== null) {
    const kept = ours === null ? path : beside(path);
    edits.set(kept, { ...theirs, path: kept });
  }
};

/** `a/cat.png` → `a/cat~theirs.png`, or another name that is free. */
const besideName = (path: string, suffix: string, isTaken: (name: string) => boolean): string => {
  const { dir, name, ext } = posix.parse(path);
  const named = (count: number) =>
    posix.join(dir, `${name}~${suffix.replace(/[^\w.-]+/g, '-')}${count === 1 ? '' : `-${count}`}${ext}`);
  let count = 1;
  while (isTaken(named(count))) count += 1;
  return named(count);
};

/** Our files with the edits in them. */
const mergedFiles = function* (blobs: Reads, ours: Hash, edits: Edits): Generator<VersionFile, void> {
  const changes = Array.from(edits, ([path, file]) => ({ path, file })).sort((a, b) => comparePaths(a.path, b.path));
  for (const { left, right } of pairByPath(readFiles(blobs, ours), changes)) {
    const file = right === null ? left : right.file;
    if (file !== null) yield file;
  }
};

interface Clash {
  /** A file whose path is a folder of others. */
  readonly file: VersionFile;
  readonly inside: readonly VersionFile[];
}

/**
 * Files with others below them. In path order what is below a file comes after it, and between them nothing but paths
 * that begin with its own.
 */
const clashesIn = (files: Iterable<VersionFile>): Clash[] => {
  const above: { readonly file: VersionFile; readonly inside: VersionFile[] }[] = [];
  const found = new Set<Clash>();
  for (const file of files) {
    while (above.length > 0 && !file.path.startsWith(above.at(-1)?.file.path ?? '')) above.pop();
    for (const clash of above) {
      if (!file.path.startsWith(`${clash.file.path}/`)) continue;
      clash.inside.push(file);
      found.add(clash);
    }
    above.push({ file, inside: [] });
  }
  return [...found];
};

/** What comes from an edit is theirs. */
const toConflict = ({ file, inside }: Clash, edits: Edits): Conflict => {
  const theirs = edits.has(file.path);
  const [first = null] = inside;
  return {
    path: file.path,
    kind: 'file-and-folder',
    ours: theirs ? first : file,
    theirs: theirs ? file : first,
  };
};

const settleClash = (edits: Edits, { file, inside }: Clash, choice: Choice, beside: Beside): void => {
  const fileIsTheirs = edits.has(file.path);
  const keepsFile = choice === (fileIsTheirs ? 'theirs' : 'ours');
  if (keepsFile) return inside.forEach(({ path }) => drop(edits, path, fileIsTheirs));
  drop(edits, file.path, !fileIsTheirs);
  if (choice !== 'both') return;
  const path = beside(file.path);
  edits.set(path, { ...file, path });
};

/** Takes a file out: of ours by an edit, of theirs by leaving its edit out. */
const drop = (edits: Edits, path: string, isOurs: boolean): void => {
  if (isOurs) edits.set(path, null);
  else edits.delete(path);
};
