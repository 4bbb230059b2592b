import { firstLine, isRepository, open } from './git.ts';

/** A branch, and the pointers of its last commit. */
export interface BranchTip {
  /** `feature`, or `origin/feature` as it was when it was last fetched. */
  readonly name: string;
  /** Whether it is a branch of a remote. */
  readonly remote: boolean;
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly committedAt: number;
  readonly pointers: readonly { readonly pointer: string; readonly text: string }[];
}

/** Older branches than so many are left out: whoever means one can name it. */
const MOST_BRANCHES = 50;

/** What a person may have configured for `git grep` changes its output. */
const plainGrep = ['grep.lineNumber', 'grep.column', 'grep.fullName', 'color.ui', 'color.grep'].map(
  (name) => `${name}=false`,
);

/** The branches besides the one that is checked out, the newest commit first. Outside a repository there is none. */
export const branchTips = async (root: string): Promise<BranchTip[]> => {
  const git = open(root, plainGrep);
  if (!(await isRepository(git))) return [];
  const current = await firstLine(git, ['symbolic-ref', '--quiet', 'HEAD']);
  const format = ['refname', 'refname:short', 'objectname', 'committerdate:unix', 'authorname', 'symref'];
  const command = [
    'for-each-ref',
    '--sort=-committerdate',
    `--format=${format.map((name) => `%(${name})`).join('%00')}`,
  ];
  const listed = await git.raw([...command, 'refs/heads', 'refs/remotes']);
  const branches = listed
    .split('\n')
    .map((line) => line.split('\0'))
    // `origin/HEAD` is another name of a branch that stands here as well.
    .filter(([ref = '', , , , , symbolic]) => ref !== '' && ref !== current && symbolic === '')
    .slice(0, MOST_BRANCHES);
  if (branches.length === 0) return [];
  const commits = [...new Set(branches.map(([, , commit = '']) => commit))];
  const texts = pointersByCommit(await git.raw(['grep', '--text', '-z', '-e', '', ...commits, '--', '*.dvc']));
  return branches.map(([ref = '', name = '', commit = '', seconds, author = '']) => ({
    ...{ name, author, remote: ref.startsWith('refs/remotes/'), committedAt: Number(seconds) * 1000 },
    pointers: [...(texts.get(commit) ?? [])].map(([pointer, text]) => ({ pointer, text })),
  }));
};

/** @param found lines of `git grep`: `<commit>:<path>`, a zero byte, and a line of the file */
const pointersByCommit = (found: string): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const commits = new Map<string, Map<string, string>>();
  for (const line of found.split('\n')) {
    const [, commit, path, text] = /^([0-9a-f]+):([^\0]*)\0(.*)$/s.exec(line) ?? [];
    if (commit === undefined || path === undefined) continue;
    const pointers = commits.get(commit) ?? new Map<string, string>();
    commits.set(commit, pointers.set(path, `${pointers.get(path) ?? ''}${text ?? ''}\n`));
  }
  return commits;
};
