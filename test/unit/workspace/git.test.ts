import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { describeCode, isUnguarded, linesOfHistory } from '../../../sidecar/workspace/git.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const repository = (root = freshFolder()) => {
  const git = (...command: string[]): string =>
    execFileSync(
      'git',
      ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'protocol.file.allow=always', ...command],
      { cwd: root, stdio: 'pipe' },
    ).toString();
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  git('init', '--initial-branch=main');
  const commit = () => {
    git('add', '--all');
    git('commit', '--message=x');
    return git('rev-parse', 'HEAD').trim();
  };
  return { root, git, write, commit };
};

test('outside a repository all is null', async () => {
  expect(await describeCode(freshFolder(), 'data')).toEqual({ commit: null, branch: null, dirty: false, patch: null });
});

test('before the first commit there is a branch and a patch, and no commit', async () => {
  const { root, write } = repository();
  write('train.py', 'print(1)');
  const state = await describeCode(root, 'data');
  expect(state).toMatchObject({ commit: null, branch: 'main', dirty: true });
  expect(state.patch).toContain('untracked train.py');
});

test('a clean repository has its commit and no patch; a change of a tracked file is in the patch', async () => {
  const { root, write, commit } = repository();
  write('train.py', 'print(1)\n');
  const head = commit();
  expect(await describeCode(root, 'data')).toEqual({ commit: head, branch: 'main', dirty: false, patch: null });
  write('train.py', 'print(2)\n');
  const { patch, dirty } = await describeCode(root, 'data');
  expect(dirty).toBe(true);
  expect(patch).toMatch(/-print\(1\)[^]*\+print\(2\)/);
});

test('data, pointers and configurations are no code; other untracked files are, by their content', async () => {
  const { root, write, commit } = repository();
  write('train.py', 'print(1)\n');
  commit();
  write('data/raw/images/a.png', 'x');
  write('data/raw/images.dvc', 'outs: []');
  write('config/training.yaml', 'a: 1');
  expect((await describeCode(root, 'data/raw/images')).patch).toBeNull();
  write('model.py', 'one');
  const first = (await describeCode(root, 'data/raw/images')).patch;
  write('model.py', 'two');
  const second = (await describeCode(root, 'data/raw/images')).patch;
  expect(first).toContain('model.py');
  expect(second).not.toBe(first);
});

test('a detached head has a commit and no branch', async () => {
  const { root, git, write, commit } = repository();
  write('a', '1');
  const head = commit();
  git('checkout', '--detach');
  expect(await describeCode(root, 'data')).toMatchObject({ commit: head, branch: null });
});

test('data is unguarded when Git would take it up: neither tracked nor ignored, and inside a repository', async () => {
  const { root, write, commit } = repository();
  write('.gitignore', '/ignored\n');
  write('tracked/a.csv', 'x');
  commit();
  for (const folder of ['new', 'ignored']) write(`${folder}/a.csv`, 'x');
  expect(await isUnguarded(root, 'new')).toBe(true);
  expect(await isUnguarded(root, 'new/a.csv')).toBe(true);
  expect(await isUnguarded(root, 'ignored')).toBe(false);
  expect(await isUnguarded(root, 'tracked')).toBe(false);
  expect(await isUnguarded(root, 'tracked/a.csv')).toBe(false);
  expect(await isUnguarded(freshFolder(), 'new')).toBe(false);
});

/** A program that leaves a mark when something starts it. */
const trap = (root: string) => {
  const marker = join(root, 'marker');
  const program = join(root, 'trap.sh');
  writeFileSync(program, `#!/bin/sh\ntouch '${marker}'\ncat\n`);
  chmodSync(program, 0o755);
  return { program, sprung: () => existsSync(marker) };
};

const plainGit = (root: string): void => {
  for (const command of [['status'], ['diff', 'HEAD']]) execFileSync('git', command, { cwd: root, stdio: 'pipe' });
};

const look = async (root: string) => {
  await describeCode(root, 'data');
  await isUnguarded(root, 'data');
};

test.each([
  ['core.fsmonitor', ''],
  ['core.hooksPath', ''],
  ['filter.evil.clean', '* filter=evil'],
  ['filter.evil.process', '* filter=evil'],
  ['filter.with.dots.clean', '* filter=with.dots'],
  ['filter.a=b.clean', '* filter=a=b'],
  ['diff.evil.textconv', '* diff=evil'],
  ['diff.evil.command', '* diff=evil'],
  ['diff.external', ''],
  ['core.pager', ''],
])('a repository whose own configuration sets %s runs nothing of it', async (key, attributes) => {
  const { root, git, write, commit } = repository();
  write('a.txt', 'one\n');
  write('.gitattributes', attributes);
  commit();
  write('a.txt', 'two\n');
  const outside = freshFolder();
  const { program, sprung } = trap(outside);
  if (key === 'core.hooksPath') {
    for (const hook of ['post-index-change', 'fsmonitor-watchman']) execFileSync('cp', [program, join(outside, hook)]);
  }
  git('config', key, key === 'core.hooksPath' ? outside : program);
  await look(root);
  expect(sprung()).toBe(false);
  // The trap is a real one: plain Git falls into it. A pager is started at a terminal only.
  plainGit(root);
  expect(sprung()).toBe(key !== 'core.pager');
});

test('neither does the configuration of a submodule', async () => {
  const inner = repository();
  inner.write('a.txt', 'one');
  inner.commit();
  const { root, git, write, commit } = repository();
  git('submodule', 'add', inner.root, 'sub');
  commit();
  write('sub/a.txt', 'two');
  const { program, sprung } = trap(freshFolder());
  execFileSync('git', ['config', 'core.fsmonitor', program], { cwd: join(root, 'sub') });
  await look(root);
  expect(sprung()).toBe(false);
  plainGit(root);
  expect(sprung()).toBe(true);
});

test('the lines of a pointer are found in branches, tags, merges, the stash, reflogs and the index', async () => {
  const { root, git, write, commit } = repository();
  write('data.dvc', 'tree: one\n');
  commit();
  git('switch', '-c', 'side');
  write('sub/é data.dvc', 'tree: two\n');
  commit();
  git('tag', 'kept');
  git('switch', 'main');
  git('branch', '--delete', '--force', 'side');
  write('data.dvc', 'tree: three\n');
  commit();
  write('data.dvc', 'tree: thrown away\n');
  commit();
  git('reset', '--hard', 'HEAD~1');
  write('data.dvc', 'tree: stashed\n');
  git('stash');
  git('switch', '-c', 'other', 'HEAD~1');
  write('data.dvc', 'tree: other\n');
  commit();
  git('switch', 'main');
  try {
    git('merge', 'other');
  } catch {
    write('data.dvc', 'tree: merged\n');
    commit();
  }
  write('data.dvc', 'tree: staged\n');
  git('add', 'data.dvc');
  write('data.dvc', 'tree: on disk only\n');
  write('notes.txt', 'tree: no pointer\n');
  git('add', 'notes.txt');
  const lines = await linesOfHistory(root, '*.dvc');
  const words = ['one', 'two', 'three', 'thrown away', 'stashed', 'other', 'merged', 'staged'];
  expect(new Set(lines.map(({ text }) => text))).toEqual(new Set(words.map((word) => `tree: ${word}`)));
  expect(lines.find(({ text }) => text === 'tree: two')?.path).toBe('sub/é data.dvc');
});

test('without a commit there are the lines of the index, without a repository none, of a broken one an error', async () => {
  const { root, git, write, commit } = repository();
  expect(await linesOfHistory(root, '*.dvc')).toEqual([]);
  write('data.dvc', 'tree: staged\n');
  git('add', 'data.dvc');
  expect(await linesOfHistory(root, '*.dvc')).toEqual([{ path: 'data.dvc', text: 'tree: staged' }]);
  expect(await linesOfHistory(freshFolder(), '*.dvc')).toEqual([]);
  commit();
  write('data.dvc', 'tree: later\n');
  const blob = git('hash-object', 'data.dvc').trim();
  commit();
  rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
  await expect(linesOfHistory(root, '*.dvc')).rejects.toThrow(blob);
});
