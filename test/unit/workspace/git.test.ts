import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { describeCode, isUnguarded } from '../../../sidecar/workspace/git.ts';
import { freshFolder } from '../versions/fresh-folder.ts';

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
