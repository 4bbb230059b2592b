import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { walkData } from '../../../../sidecar/versions/working/walk.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const write = (root: string, names: readonly string[], text = 'x') => {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
};
const found = (root: string, path = 'data') => {
  const walk = walkData(root, path);
  return { paths: Array.from(walk.files, (file) => file.path), ...walk };
};
const refusal = (words: RegExp): Error =>
  expect.objectContaining({ code: 'dataset-unreadable', message: expect.stringMatching(words) as string }) as Error;

test('files come in the order of their paths, whatever the depth and the script', () => {
  const part = fc.constantFrom('a', 'a-b', 'a.b', 'a b', 'ab', 'A', 'é', '\uffee', '\u{1f600}', '𐀀');
  fc.assert(
    fc.property(fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), (paths) => {
      const root = freshFolder();
      mkdirSync(join(root, 'data'));
      for (const path of paths) write(root, [`data/${path.join('.d/')}.f`]);
      const { paths: walked } = found(root);
      expect(walked).toEqual([...walked].sort(comparePaths));
      expect(new Set(walked)).toEqual(new Set(paths.map((path) => `${path.join('.d/')}.f`)));
    }),
    { numRuns: 30 },
  );
});

test('a .dvcignore above the data leaves out what it says, as .gitignore would: anchors, folders, negation', () => {
  const root = freshFolder();
  write(root, [
    'data/in/a.txt',
    'data/in/b.tmp',
    'data/in/keep.tmp',
    'data/in/cache/x',
    'data/in/sub/b.tmp',
    'data/in/Sub/B.TMP',
  ]);
  write(root, ['.dvcignore'], '*.tmp\n!keep.tmp\n/data/in/cache/\n# a comment\n');
  expect(found(root, 'data/in').paths).toEqual(['Sub/B.TMP', 'a.txt', 'keep.tmp']);
});

test('a .dvcignore further down has the last word', () => {
  const root = freshFolder();
  write(root, ['data/in/a.log', 'data/in/b.log', 'data/in/c.bak']);
  write(root, ['.dvcignore'], '*.log\n');
  write(root, ['data/.dvcignore'], '!b.log\n*.bak\n');
  expect(found(root, 'data/in').paths).toEqual(['b.log']);
});

test('a folder whose files are all left out counts as empty', () => {
  const root = freshFolder();
  write(root, ['data/in/cat/1.png', 'data/in/dog/1.tmp']);
  write(root, ['.dvcignore'], '*.tmp\n');
  const { paths, emptyFolders } = found(root, 'data/in');
  expect({ paths, emptyFolders }).toEqual({ paths: ['cat/1.png'], emptyFolders: ['dog'] });
});

test('data that a .dvcignore leaves out is refused, and so are rules and pointers inside it, as DVC does', () => {
  const root = freshFolder();
  write(root, ['data/in/a.txt', 'other/a.txt']);
  write(root, ['.dvcignore'], '/data/\n');
  expect(() => found(root, 'data/in')).toThrow(refusal(/data\/in .* a \.dvcignore above it leaves it out/));
  write(root, ['other/sub/.dvcignore']);
  expect(() => found(root, 'other')).toThrow(refusal(/other\/sub\/\.dvcignore .* not inside/));
  write(root, ['third/sub/data.dvc']);
  expect(() => found(root, 'third')).toThrow(refusal(/third\/sub\/data\.dvc .* cannot lie inside another/));
});

test('a DVC repository inside the data is left out whole, and told', () => {
  const root = freshFolder();
  write(root, ['data/a.txt', 'data/nested/.dvc/config', 'data/nested/b.txt']);
  const { paths, repositories } = found(root);
  expect({ paths, repositories }).toEqual({ paths: ['a.txt'], repositories: ['nested'] });
});

test('a link to a folder is refused by name', () => {
  const root = freshFolder();
  write(root, ['data/a.txt', 'other/b.txt']);
  symlinkSync('../other', join(root, 'data/link'));
  expect(() => found(root)).toThrow(refusal(/data\/link .* a link to something that is no file/));
});
