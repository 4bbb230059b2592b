import { posix } from 'node:path';
import type { Blobs } from '../store/blobs.ts';
import { findFile, readFiles, type VersionFile } from '../tree/version.ts';
import { comparePaths } from '../tree/path-order.ts';
import type { Conflict } from './merge-file.ts';
import { pairByPath } from './pair-by-path.ts';
import type { FileEdit, MergePlan } from './plan-merge.ts';

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

/** What was decided by path: a file, none, or that ours stays whatever theirs brings. It counts before the edits of the plan. */
type Decisions = Map<string, VersionFile | null | 'ours'>;
type Reads = Pick<Blobs, 'get'>;
/** Gives the name under which a file is kept beside another. */
type Beside = (path: string) => string;

/**
 * Settles the conflicts of a merge. A file in the place of a folder is found here, since it may come from a choice.
 * @throws Fault `store-damaged`
 */
export const resolveMerge = (blobs: Reads, plan: MergePlan, choices: Choices): Resolved => {
  const { ours, theirs } = plan.sides;
  const choose = (path: string) => choices.paths.get(path) ?? choices.all;
  const decisions: Decisions = new Map();
  const isTaken = (name: string) =>
    decisions.has(name) || [ours, theirs].some((side) => findFile(blobs, side, name) !== undefined);
  const beside = (path: string) => besideName(path, choices.suffix, isTaken);
  const left = plan.conflicts.filter((conflict) => {
    const choice = choose(conflict.path);
    if (choice !== null) settle(decisions, conflict, choice, beside);
    return choice === null;
  });
  const open = new Map(left.map((conflict) => [conflict.path, conflict]));
  for (const clash of clashesIn(mergedFiles(blobs, plan, decisions))) {
    const choice = choose(clash.file.path);
    if (choice === null) open.set(clash.file.path, toConflict(clash));
    else settleClash(decisions, clash, choice, beside);
  }
  return {
    files: function* () {
      for (const { file } of mergedFiles(blobs, plan, decisions)) yield file;
    },
    conflicts: [...open.values()].sort((a, b) => comparePaths(a.path, b.path)),
  };
};

const settle = (decisions: Decisions, { path, ours, theirs }: Conflict, choice: Choice, beside: Beside): void => {
  if (choice === 'ours') return;
  if (choice === 'theirs') decisions.set(path, theirs);
  else if (theirs !== null) {
    const kept = ours === null ? path : beside(path);
    decisions.set(kept, { ...theirs, path: kept });
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

interface MergedFile {
  readonly path: string;
  readonly file: VersionFile;
  /** Whether it comes from theirs. */
  readonly isTheirs: boolean;
}

/** Our files with the edits and decisions in them, in path order. */
const mergedFiles = function* (blobs: Reads, plan: MergePlan, decisions: Decisions): Generator<MergedFile, void> {
  for (const { path, left, right } of pairByPath(readFiles(blobs, plan.sides.ours), changesOf(plan, decisions))) {
    const file = right === null ? left : right.file;
    if (file !== null) yield { path, file, isTheirs: right !== null };
  }
};

/** What does not stay ours, in path order. */
const changesOf = function* (plan: MergePlan, decisions: Decisions): Generator<FileEdit, void> {
  const decided = Array.from(decisions, ([path, file]) => ({ path, file }));
  decided.sort((a, b) => comparePaths(a.path, b.path));
  for (const { path, left, right } of pairByPath(plan.edits(), decided)) {
    const file = right === null ? (left?.file ?? null) : right.file;
    if (file !== 'ours') yield { path, file };
  }
};

interface Clash {
  /** A file whose path is a folder of others. */
  readonly file: VersionFile;
  readonly isTheirs: boolean;
  readonly inside: readonly VersionFile[];
}

/**
 * Files with others below them. In path order what is below a file comes after it, and between them nothing but paths
 * that begin with its own.
 */
const clashesIn = (files: Iterable<MergedFile>): Clash[] => {
  const above: (Clash & { readonly inside: VersionFile[] })[] = [];
  const found = new Set<Clash>();
  for (const { path, file, isTheirs } of files) {
    while (above.length > 0 && !path.startsWith(above.at(-1)?.file.path ?? '')) above.pop();
    for (const clash of above) {
      if (!path.startsWith(`${clash.file.path}/`)) continue;
      clash.inside.push(file);
      found.add(clash);
    }
    above.push({ file, isTheirs, inside: [] });
  }
  return [...found];
};

const toConflict = ({ file, isTheirs, inside }: Clash): Conflict => {
  const [first = null] = inside;
  return {
    path: file.path,
    kind: 'file-and-folder',
    ours: isTheirs ? first : file,
    theirs: isTheirs ? file : first,
  };
};

const settleClash = (decisions: Decisions, clash: Clash, choice: Choice, beside: Beside): void => {
  const { file, isTheirs, inside } = clash;
  if (choice === (isTheirs ? 'theirs' : 'ours')) {
    for (const { path } of inside) drop(decisions, path, isTheirs);
    return;
  }
  drop(decisions, file.path, !isTheirs);
  if (choice !== 'both') return;
  const path = beside(file.path);
  decisions.set(path, { ...file, path });
};

/** Takes a file out: one of ours by a decision against it, one of theirs by leaving ours as it is. */
const drop = (decisions: Decisions, path: string, isOurs: boolean): void =>
  void decisions.set(path, isOurs ? null : 'ours');
