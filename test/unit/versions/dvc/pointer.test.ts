import { readFileSync, statSync, writeFileSync, mkdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { formatDirListing } from '../../../../sidecar/versions/dvc/dir-listing.ts';
import { ignoreData } from '../../../../sidecar/versions/dvc/gitignore.ts';
import type { ManifestFile } from '../../../../sidecar/versions/manifest.ts';
import { writePointer } from '../../../../sidecar/versions/dvc/pointer.ts';
import { describeDisk } from '../../../../sidecar/versions/snapshot.ts';
import { freshFolder } from '../fresh-folder.ts';
import { recordedContext } from '../job-context.ts';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/datasets/${name}`, import.meta.url), 'utf8'));

const { cases: listings } = fixture('dir-listings.json') as {
  cases: { entries: { md5: string; relpath: string }[]; json: string }[];
};
const { cases: pointers } = fixture('pointers.json') as {
  cases: { name: string; files: string | Record<string, string>; pointer: string; gitignore: string }[];
};

const describe = (root: string, path: string) =>
  describeDisk({ root, path, indexes: join(root, '.trainyard/indexes') }, recordedContext().context);

const layOut = (root: string, path: string, files: string | Record<string, string>): void => {
  for (const [name, text] of Object.entries(typeof files === 'string' ? { '': files } : files)) {
    const file = join(root, path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
  }
};

test('the listing of a folder is byte for byte what Python writes', () => {
  for (const { entries, json } of listings) {
    const files = entries.map(({ md5, relpath }) => ({ md5, path: relpath }) as ManifestFile);
    expect(formatDirListing(files)).toBe(json);
  }
});

test.each(pointers)(
  'pointer and .gitignore of $name are byte for byte what DVC writes',
  async ({ name, files, pointer, gitignore }) => {
    const root = freshFolder();
    layOut(root, `data/${name}`, files);
    expect(writePointer(root, `data/${name}`, await describe(root, `data/${name}`))).toBe(true);
    expect(readFileSync(join(root, `data/${name}.dvc`), 'utf8')).toBe(pointer);
    ignoreData(root, `data/${name}`);
    expect(readFileSync(join(root, 'data/.gitignore'), 'utf8')).toBe(gitignore);
  },
);

test('an executable is marked, as DVC marks it', async () => {
  const root = freshFolder();
  writeFileSync(join(root, 'run.sh'), 'x', { mode: 0o755 });
  writePointer(root, 'run.sh', await describe(root, 'run.sh'));
  expect(readFileSync(join(root, 'run.sh.dvc'), 'utf8')).toMatch(/ {2}size: 1\n {2}isexec: true\n {2}hash: md5\n/);
});

test('comments, meta and other keys of a pointer stay; hashes and counts are new', async () => {
  const root = freshFolder();
  layOut(root, 'data/images', { 'a.txt': 'hello' });
  const before = [
    '# whose data this is',
    'outs:',
    '- md5: 00000000000000000000000000000000.dir',
    '  size: 1',
    '  nfiles: 9',
    '  hash: md5',
    '  path:',
    '    images',
    '  # of the output',
    '  desc: pictures',
    '  meta:',
    '    owner: me',
    'meta: {size: 3}',
    '',
  ].join('\n');
  writeFileSync(join(root, 'data/images.dvc'), before);
  writePointer(root, 'data/images', await describe(root, 'data/images'));
  expect(readFileSync(join(root, 'data/images.dvc'), 'utf8')).toBe(
    [
      '# whose data this is',
      'outs:',
      '- md5: 123234ee37a14f5a5398d63495ddad63.dir',
      '  size: 5',
      '  nfiles: 1',
      '  hash: md5',
      '  path: images',
      '  # of the output',
      '  desc: pictures',
      '  meta:',
      '    owner: me',
      'meta: {size: 3}',
      '',
    ].join('\n'),
  );
});

test('a pointer that says the same already is not written again', async () => {
  const root = freshFolder();
  layOut(root, 'data', { 'a.txt': 'hello' });
  const manifest = await describe(root, 'data');
  writePointer(root, 'data', manifest);
  const { mtimeNs, ino } = statSync(join(root, 'data.dvc'), { bigint: true });
  writePointer(root, 'data', manifest);
  expect(statSync(join(root, 'data.dvc'), { bigint: true })).toMatchObject({ mtimeNs, ino });
});

test.each([
  'md5: 0\nfrozen: true\ndeps:\n- path: data\n  repo:\n    url: https://x\nouts:\n- md5: 1\n  path: data\n',
  'outs:\n- md5: 1\n  path: data\n- md5: 2\n  path: other\n',
  'outs: [{md5: 1, path: data}]\n',
  'nonsense',
])('a pointer that is no plain `dvc add` is left alone', async (text) => {
  const root = freshFolder();
  layOut(root, 'data', { 'a.txt': 'hello' });
  writeFileSync(join(root, 'data.dvc'), text);
  expect(writePointer(root, 'data', await describe(root, 'data'))).toBe(false);
  expect(readFileSync(join(root, 'data.dvc'), 'utf8')).toBe(text);
});

test('.gitignore keeps what is there and gets each line once', () => {
  const root = freshFolder();
  writeFileSync(join(root, '.gitignore'), 'node_modules\n*.log');
  expect(ignoreData(root, 'data')).toBe(true);
  expect(ignoreData(root, 'data')).toBe(false);
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('node_modules\n*.log\n/data\n');
  ignoreData(root, 'odd [name]* ');
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toMatch(/\/odd \\\[name\\\]\\\*\\ \n$/);
  expect(existsSync(join(root, 'data'))).toBe(false);
});
