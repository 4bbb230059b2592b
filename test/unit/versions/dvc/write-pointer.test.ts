import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { formatDirListing, hashDirListing } from '../../../../sidecar/versions/dvc/dir-listing.ts';
import { ignoreData } from '../../../../sidecar/versions/dvc/gitignore.ts';
import { parsePointer } from '../../../../sidecar/versions/dvc/pointer.ts';
import {
  formatPointer,
  updatePointer,
  writePointer,
  type PointedData,
} from '../../../../sidecar/versions/dvc/write-pointer.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/datasets/${name}`, import.meta.url), 'utf8'));

const { cases: listings } = fixture('dir-listings.json') as {
  cases: { entries: { md5: string; relpath: string }[]; json: string }[];
};
const { cases: pointers } = fixture('pointers.json') as {
  cases: { name: string; files: string | Record<string, string>; pointer: string; gitignore: string }[];
};

const version = 'ab'.repeat(32) as Hash;
const md5Of = (text: string) => createHash('md5').update(text).digest('hex');
const folder: PointedData = {
  version,
  type: 'folder',
  files: 1,
  bytes: 5,
  executable: false,
  md5: '123234ee37a14f5a5398d63495ddad63.dir',
};
const file: PointedData = { ...folder, type: 'file', md5: '5d41402abc4b2a76b9719d911017c592' };

/** The data of a fixture, named without the code under test but for the listing. */
const describe = (files: string | Record<string, string>): PointedData => {
  if (typeof files === 'string') return { ...file, md5: md5Of(files), bytes: Buffer.byteLength(files) };
  const entries = Object.entries(files).map(([path, text]) => ({ path, md5: md5Of(text) }));
  const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const sorted = entries.sort((a, b) => comparePaths(a.path, b.path));
  return { ...folder, md5: hashDirListing(sorted), files: entries.length, bytes };
};

const noteOf = ({ md5 }: PointedData, indent = '  ') =>
  ['meta:', '  trainyard:', '    v: 1', `    for: ${md5}`, `    tree: b3:${version}`]
    .map((line) => `${indent}${line}\n`)
    .join('');

test('the listing of a folder is byte for byte what Python writes', () => {
  for (const { entries, json } of listings) {
    const files = entries
      .map(({ md5, relpath }) => ({ md5, path: relpath }))
      .sort((a, b) => comparePaths(a.path, b.path));
    expect([...formatDirListing(files)].join('')).toBe(json);
  }
});

test('a listing of a hundred thousand files is written in pieces, and is one document', () => {
  const files = Array.from({ length: 100_000 }, (_, at) => ({ md5: md5Of(String(at % 7)), path: `f${at}` }));
  const pieces = [...formatDirListing(files)];
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
  expect(JSON.parse(pieces.join(''))).toHaveLength(100_000);
});

test.each(pointers)(
  'pointer and .gitignore of $name are byte for byte what DVC writes, and our note',
  ({ name, files, pointer, gitignore }) => {
    const root = freshFolder();
    mkdirSync(join(root, 'data'));
    const data = describe(files);
    expect(writePointer(root, `data/${name}`, data)).toBe(true);
    expect(readFileSync(join(root, `data/${name}.dvc`), 'utf8')).toBe(`${pointer}${noteOf(data)}`);
    ignoreData(root, `data/${name}`);
    expect(readFileSync(join(root, 'data/.gitignore'), 'utf8')).toBe(gitignore);
  },
);

test('an executable is marked, as DVC marks it', () => {
  expect(formatPointer('run.sh', { ...file, executable: true })).toContain('  size: 5\n  isexec: true\n  hash: md5\n');
});

test('comments, meta and other keys of a pointer stay; hashes and counts are new', () => {
  const lines = (md5: string, size: number, files: number, note: readonly string[]) =>
    [
      '# whose data this is',
      'outs:',
      `- md5: ${md5}  # of the listing`,
      `  size: ${size}`,
      `  nfiles: ${files}`,
      '  hash: md5',
      '  path:',
      '    images',
      '  # of the output',
      '  desc: |',
      '    pictures',
      '    - of cats',
      '  meta:',
      '    owner: me',
      ...note,
      '  remote: mine',
      'meta: {size: 3}',
      '',
    ].join('\n');
  const note = ['    trainyard:', '      v: 1', `      for: ${folder.md5}`, `      tree: b3:${version}`];
  const before = lines('00000000000000000000000000000000.dir', 1, 9, []);
  expect(updatePointer(before, 'data/images', folder)).toBe(lines(folder.md5, 5, 1, note));
});

test('a folder that has become a file, and the other way, keeps no key that is not its own', () => {
  const asFolder = formatPointer('data', folder);
  const asFile = formatPointer('data', { ...file, executable: true });
  expect(updatePointer(asFolder, 'data', { ...file, executable: true })).toBe(asFile);
  expect(updatePointer(asFile, 'data', folder)).toBe(asFolder);
});

test.each<[string, string]>([
  ['flow style', 'outs: [{md5: 00000000000000000000000000000000.dir, size: 1, hash: md5, path: data, desc: mine}]\n'],
  ['JSON', '{"outs": [{"path": "data", "md5": "00000000000000000000000000000000", "isexec": true, "desc": "mine"}]}'],
  [
    'Windows line ends and a byte-order mark',
    '\ufeffouts:\r\n- md5: 00000000000000000000000000000000\r\n  path: data\r\n  desc: mine\r\n',
  ],
  [
    'another order, deep lists and no line end',
    'outs:\n    -   path: data\n        size: 7\n        md5: 00000000000000000000000000000000\n        desc: mine',
  ],
  [
    'a note in flow style',
    'outs:\n- path: data\n  md5: 00000000000000000000000000000000\n  desc: mine\n  meta: {trainyard: {v: 1, for: x, tree: y}, owner: me}\n',
  ],
  ['a pointer of DVC 2', 'outs:\n- md5: 00000000000000000000000000000000\n  size: 3\n  path: data\n  desc: mine\n'],
])('%s is read, and written so that it says the new version', (_form, before) => {
  expect(parsePointer(before, 'data.dvc').outputs[0]).toMatchObject({ path: 'data', version: null });
  const after = updatePointer(before, 'data', folder);
  expect(parsePointer(after ?? '', 'data.dvc')).toEqual({
    kind: 'data',
    outputs: [
      {
        path: 'data',
        type: 'folder',
        md5: folder.md5,
        hash: 'md5',
        bytes: 5,
        files: 1,
        executable: false,
        listed: null,
        cached: true,
        version,
      },
    ],
  });
  expect(after).toMatch(/desc"?: "?mine/);
  expect(updatePointer(after ?? '', 'data', folder)).toBe(after);
  if (before.includes('\r\n')) expect(after).not.toMatch(/[^\r]\n/);
});

test('any name and any change of version: what is written is read back, and what was there stays', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length });
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .filter((text) => !/[/\0]|^\.{1,2}$|\p{Cs}/u.test(text));
  const data = fc.record({
    version: hex(64).map((text) => text as Hash),
    type: fc.constantFrom('file' as const, 'folder' as const),
    files: fc.nat(1e7),
    bytes: fc.nat(1e12),
    executable: fc.boolean(),
    md5: fc.oneof(
      hex(32),
      fc.nat(9).map((digit) => String(digit).repeat(32)),
      hex(5).map((text) => `1${text}`.padEnd(30, '0').concat('e7').slice(-32)),
    ),
  });
  const pointed = data.map((one) => ({ ...one, md5: one.type === 'folder' ? `${one.md5}.dir` : one.md5 }));
  fc.assert(
    fc.property(name, pointed, pointed, (path, first, second) => {
      const text = formatPointer(path, first);
      const [output] = parsePointer(text, `${path}.dvc`).outputs;
      expect(output).toMatchObject({ path, md5: first.md5, bytes: first.bytes, version: first.version });
      const commented = `# mine\n${text}# end\n`;
      expect(updatePointer(commented, path, second)).toBe(`# mine\n${formatPointer(path, second)}# end\n`);
    }),
  );
});

test('a pointer that says the same already is not written again', () => {
  const root = freshFolder();
  writePointer(root, 'data', folder);
  const { mtimeNs, ino } = statSync(join(root, 'data.dvc'), { bigint: true });
  writePointer(root, 'data', folder);
  expect(statSync(join(root, 'data.dvc'), { bigint: true })).toMatchObject({ mtimeNs, ino });
});

test.each([
  'md5: 0\nfrozen: true\ndeps:\n- path: data\n  repo:\n    url: https://x\nouts:\n- md5: 1\n  path: data\n',
  'frozen: true\ndeps:\n- path: data\n  repo:\n    url: https://x\nouts:\n- path: data\n',
  'outs:\n- path: data\n- path: other\n',
  'outs:\n- path: other\n',
  'cmd: make\nouts:\n- path: data\n',
  'outs:\n- path: data\n  hash: md5\n  files:\n  - relpath: a\n    md5: 5d41402abc4b2a76b9719d911017c592\n',
  'outs:\n- path: data\n  md5: 5d41402abc4b2a76b9719d911017c592\n  cloud:\n    m: {etag: x}\n',
  'x: &base {md5: 5d41402abc4b2a76b9719d911017c592}\nouts:\n- <<: *base\n  path: data\n',
  'nonsense',
  'outs: [',
])('a pointer that is no plain `dvc add` is left alone: %j', (text) => {
  const root = freshFolder();
  writeFileSync(join(root, 'data.dvc'), text);
  expect(writePointer(root, 'data', folder)).toBe(false);
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
