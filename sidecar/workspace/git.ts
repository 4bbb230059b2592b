import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { simpleGit, type SimpleGit } from 'simple-git';
import { revisionUnknown } from '../faults.ts';

export interface GitState {
  readonly commit: string | null;
  readonly branch: string | null;
  readonly dirty: boolean;
  /** What is not committed: the difference of tracked files, and name and hash of each untracked one. Null when clean. */
  readonly patch: string | null;
}

/** A repository can make Git run programs by its own configuration; each of these is switched off. */
const harmless = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.sshCommand=false',
  'core.pager=cat',
  'diff.external=',
  'protocol.ext.allow=never',
];

/** Untracked files beyond this are named without their content's hash: data does not belong into the code fingerprint. */
const LARGEST_UNTRACKED_BYTES = 1 << 20;

/** Git in a folder, with nothing in it that a repository could make it run. */
export const open = (root: string, more: readonly string[] = []): SimpleGit =>
  simpleGit({
    baseDir: root,
    config: [...harmless, ...more],
    allowEnvironment: ['GIT_INDEX_FILE'],
    unsafe: {
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafePager: true,
      allowUnsafeDiffExternal: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeFilter: true,
    },
  });

/**
 * The code a run comes from. Outside a repository, or without Git, all of it is null.
 * Data, its pointers and configurations are left out: they have fingerprints of their own.
 * @param dataPath the data set of the run, relative to the workspace
 */
export const describeCode = async (root: string, dataPath: string): Promise<GitState> => {
  const git = open(root);
  if (!(await isRepository(git))) return { commit: null, branch: null, dirty: false, patch: null };
  const commit = await firstLine(git, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  const branch = await firstLine(git, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const paths = ['--', '.', ...leftOut(dataPath)];
  const difference = commit === null ? '' : await readDifference(root, paths);
  const listed = await git.raw(['ls-files', '--others', '--exclude-standard', '-z', ...paths]);
  const untracked = listed.split('\0').filter(Boolean);
  const patch = [difference, ...untracked.map((name) => describeUntracked(root, name))].filter(Boolean).join('\n');
  return { commit, branch, dirty: patch !== '', patch: patch === '' ? null : patch };
};

/** Submodules are compared by their commit alone: Git would look into them by their own configuration. */
const plainDiff = ['--no-ext-diff', '--no-textconv', '--binary', '--ignore-submodules=dirty'];

/**
 * What differs from HEAD. Comparing contents runs the filters that the repository's own configuration names, whatever
 * they are called; those are switched off, the user's own (Git LFS) are not.
 */
const readDifference = async (root: string, paths: readonly string[]): Promise<string> => {
  const filters = await ownFilters(open(root));
  // Git reads a setting given on its command line up to the first equals sign.
  const unsafe = filters.find((name) => name.includes('='));
  if (unsafe !== undefined) return `difference not read: the repository configures ${unsafe}`;
  const off = filters.map((name) => `${name}=${name.endsWith('.required') ? 'false' : ''}`);
  return open(root, off).raw(['diff', ...plainDiff, 'HEAD', ...paths]);
};

/** Names of all filter settings that do not come from the user's or the machine's configuration. */
const ownFilters = async (git: SimpleGit): Promise<string[]> => {
  const query = ['--includes', '--show-scope', '--null', '--name-only', '--get-regexp', '^filter\\.'];
  const fields = (await output(git, ['config', ...query]))?.split('\0') ?? [];
  const trusted = new Set(['global', 'system']);
  return fields.filter((_field, at) => at % 2 === 1 && !trusted.has(fields[at - 1] ?? ''));
};

const leftOut = (dataPath: string): string[] => [
  `:(exclude,literal)${posix.normalize(dataPath)}`,
  `:(exclude,literal)${posix.join(posix.dirname(dataPath), '.gitignore')}`,
  ':(exclude)*.dvc',
  ':(exclude)*training.yaml',
];

/**
 * The text of a file at a commit, or in the index; null where it is not.
 * @param revision null for the index
 * @param path relative to the workspace
 * @throws Fault `request-invalid` for a revision that Git does not know
 */
export const readFromGit = async (root: string, revision: string | null, path: string): Promise<string | null> => {
  const git = open(root);
  const at = revision === null ? '' : await commitOf(git, revision);
  return output(git, ['cat-file', 'blob', `${at}:./${path}`]);
};

/**
 * Pointers that differ between two states of the repository, relative to the workspace.
 * @param to null for the index
 */
export const changedPointers = async (root: string, from: string, to: string | null): Promise<string[]> => {
  const git = open(root);
  const between = [await commitOf(git, from), ...(to === null ? ['--cached'] : [await commitOf(git, to)])];
  const names = ['--name-only', '--no-renames', '--relative', '-z', ...between, '--', '*.dvc'];
  return (await git.raw(['diff', ...plainDiff, ...names])).split('\0').filter(Boolean);
};

/**
 * Pointers that a commit would add or change, with their text as it would be committed.
 * @param index file of the index, as Git names it to a hook; null for the usual one
 */
export const stagedPointers = async (
  root: string,
  index: string | null,
): Promise<{ readonly pointer: string; readonly text: string }[]> => {
  const git = index === null ? open(root) : open(root).env({ ...readingEnvironment(), GIT_INDEX_FILE: index });
  const base = (await firstLine(git, ['rev-parse', '--verify', '--quiet', 'HEAD'])) ?? EMPTY_TREE;
  const names = ['--name-only', '--no-renames', '--diff-filter=d', '--relative', '-z', '--cached', base];
  const listed = await git.raw(['diff', ...plainDiff, ...names, '--', '*.dvc']);
  return Promise.all(
    listed
      .split('\0')
      .filter(Boolean)
      .map(async (pointer) => ({ pointer, text: await git.raw(['cat-file', 'blob', `:./${pointer}`]) })),
  );
};

/** What Git needs to find itself and the user's configuration; with an environment of its own it inherits nothing else. */
const readingEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'SystemRoot', 'USERPROFILE', 'TMPDIR', 'TEMP']
      .map((name) => [name, process.env[name]] as const)
      .filter((pair): pair is readonly [string, string] => pair[1] !== undefined),
  );

/** What a repository without a commit is compared with. Git knows it without having it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * The commit that HEAD and a revision both come from; null when they have none in common.
 * @throws Fault `request-invalid` for a revision that Git does not know
 */
export const commonAncestor = async (root: string, revision: string): Promise<string | null> => {
  const git = open(root);
  return firstLine(git, ['merge-base', 'HEAD', await commitOf(git, revision)]);
};

/** Pointers at a commit, relative to the workspace. @throws Fault `request-invalid` */
export const pointersAt = async (root: string, revision: string): Promise<string[]> => {
  const git = open(root);
  const listed = await git.raw(['ls-tree', '-r', '-z', '--name-only', await commitOf(git, revision)]);
  return listed.split('\0').filter((name) => name.endsWith('.dvc'));
};

/**
 * Every line that ever stood in some files: in a commit that any ref, the stash or a reflog still reaches, in one that
 * is merged, and in the index. Outside a repository there is none.
 * @param files as Git's own patterns have it, relative to the workspace
 * @throws Error when the history cannot be read: what it holds is not known then
 */
export const linesOfHistory = async (root: string, files: string): Promise<HistoryLine[]> => {
  const git = open(root, ['core.quotePath=false']);
  if (!(await isRepository(git))) return [];
  const lines = ['--patch', '--unified=0', '--no-color', '--no-renames', '--no-prefix', '--relative', ...plainDiff];
  const everywhere = ['--all', '--reflog', '--diff-merges=separate', '--no-show-signature', '--format='];
  const committed = await git.raw(['log', ...everywhere, ...lines, '--', files]);
  const staged = await git.raw(['diff', '--cached', ...lines, '--', files]);
  return [...addedLines(committed), ...addedLines(staged)];
};

export interface HistoryLine {
  readonly path: string;
  readonly text: string;
}

const addedLines = function* (patch: string): Generator<HistoryLine, void> {
  let path = '';
  for (const line of patch.split('\n')) {
    if (line.startsWith('+++ ')) path = line.slice(4).replace(/\t$/, '');
    else if (line.startsWith('+')) yield { path, text: line.slice(1) };
  }
};

const commitOf = async (git: SimpleGit, revision: string): Promise<string> => {
  const commit = await firstLine(git, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  if (commit === null) throw revisionUnknown(revision);
  return commit;
};

/** `git version 2.39.5`, or null when there is none. */
export const gitVersion = async (root: string): Promise<string | null> => {
  const { installed, major, minor, patch } = await open(root).version();
  return installed ? `${major}.${minor}.${patch}` : null;
};

/** Who moves aliases and versions data: Git's user, else the account's. */
export const authorOf = async (root: string, account: string): Promise<string> => {
  const { value } = await open(root).getConfig('user.name');
  return value ?? account;
};

/** Whether a plain `git add` would take up the data: it lies in a repository and is neither tracked nor ignored. */
export const isUnguarded = async (root: string, dataPath: string): Promise<boolean> => {
  const git = open(root);
  if (!(await isRepository(git))) return false;
  if ((await git.raw(['ls-files', '-z', '--', `:(literal)${dataPath}`])) !== '') return false;
  return (await firstLine(git, ['check-ignore', '--', dataPath])) === null;
};

export const isRepository = async (git: SimpleGit): Promise<boolean> => {
  const { installed } = await git.version();
  return installed && (await git.checkIsRepo());
};

/** @returns null where Git fails or says nothing */
export const firstLine = async (git: SimpleGit, command: string[]): Promise<string | null> =>
  (await output(git, command))?.trim() || null;

const output = async (git: SimpleGit, command: string[]): Promise<string | null> => {
  try {
    return await git.raw(command);
  } catch {
    // No commit yet, a detached head, nothing found: Git says so by its exit code alone.
    return null;
  }
};

const describeUntracked = (root: string, name: string): string => {
  const path = join(root, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return `untracked ${name}`;
  if (stat.size > LARGEST_UNTRACKED_BYTES) return `untracked ${name} ${stat.size} bytes`;
  return `untracked ${name} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
};
