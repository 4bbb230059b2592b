import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { branchTips } from '../../../sidecar/workspace/branch-tips.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const repository = () => {
  const root = freshFolder();
  const git = (at: number, ...command: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada B', '-c', 'user.email=ada@example.org', ...command], {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, GIT_COMMITTER_DATE: `@${at} +0000` },
    });
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  git(0, 'init', '--initial-branch=main');
  return { root, git, write };
};

test('outside a repository, and before the first commit, there is no other branch', async () => {
  expect(await branchTips(freshFolder())).toEqual([]);
  const { root } = repository();
  expect(await branchTips(root)).toEqual([]);
});

test('each other branch tells whose its last commit is, and the text of its pointers, whatever the user has configured', async () => {
  const { root, git, write } = repository();
  git(0, 'config', 'grep.lineNumber', 'true');
  git(0, 'config', 'color.ui', 'always');
  const text = 'outs:\n\n- md5: 1\n  path: "a:b\u{1F600}"\n';
  write('deep/ä b.dvc', text);
  write('deep/other.txt', 'no pointer');
  git(0, 'add', '--all');
  git(1_000, 'commit', '--message=one');
  git(0, 'branch', 'old');
  git(0, 'checkout', '--quiet', '-b', 'feature/x');
  write('a.dvc', 'outs: []\n');
  git(0, 'add', '--all');
  git(2_000, 'commit', '--message=two');
  git(0, 'update-ref', 'refs/remotes/origin/far', 'HEAD');
  git(0, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/far');
  git(0, 'checkout', '--quiet', 'main');
  const both = [
    { pointer: 'a.dvc', text: 'outs: []\n' },
    { pointer: 'deep/ä b.dvc', text },
  ];
  expect(await branchTips(root)).toEqual([
    { name: 'feature/x', remote: false, author: 'Ada B', committedAt: 2_000_000, pointers: both },
    { name: 'origin/far', remote: true, author: 'Ada B', committedAt: 2_000_000, pointers: both },
    { name: 'old', remote: false, author: 'Ada B', committedAt: 1_000_000, pointers: both.slice(1) },
  ]);
  expect((await branchTips(join(root, 'deep')))[0]?.pointers).toEqual([{ pointer: 'ä b.dvc', text }]);
});
