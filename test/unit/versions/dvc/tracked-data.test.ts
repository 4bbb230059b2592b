import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { findTracked, findTrackedData } from '../../../../sidecar/versions/dvc/tracked-data.ts';
import { writePointer } from '../../../../sidecar/versions/dvc/write-pointer.ts';
import { dvcCacheFolder } from '../../../../sidecar/versions/remotes/config/dvc-config.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const md5 = '5d41402abc4b2a76b9719d911017c592';
const pointer = (path: string) => `outs:\n- md5: ${md5}\n  size: 5\n  hash: md5\n  path: ${path}\n`;

const workspace = (files: Readonly<Record<string, string>>): string => {
  const root = freshFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

test('all data that files of DVC name is found, but not inside data, other repositories or behind links', () => {
  const root = workspace({
    'a.csv.dvc': pointer('a.csv'),
    'data/images.dvc': pointer('images'),
    'data/images/inside.dvc': pointer('inside'),
    'vendor/.dvc/config': '',
    'vendor/b.dvc': pointer('b'),
    'node_modules/c.dvc': pointer('c'),
    'pipe/dvc.yaml': 'stages: {make: {cmd: x, wdir: out}}\n',
    'pipe/dvc.lock': `schema: '2.0'\nstages:\n  make:\n    cmd: x\n    outs:\n    - path: m\n      md5: ${md5}\n      hash: md5\n    - path: metrics.json\n      md5: ${md5}\n      hash: md5\n      cache: false\n`,
    'broken.dvc': '<<<<<<< ours\n',
  });
  symlinkSync('data', join(root, 'link'));
  const { data, unreadable } = findTrackedData(root);
  expect(data.map(({ path, file, stage }) => [path, file, stage])).toEqual([
    ['a.csv', 'a.csv.dvc', null],
    ['data/images', 'data/images.dvc', null],
    ['pipe/out/m', 'pipe/dvc.lock', 'make'],
  ]);
  expect(unreadable).toMatchObject([{ code: 'pointer-unreadable', places: [{ file: 'broken.dvc' }] }]);
  expect(findTracked(root, 'pipe/out/m')).toMatchObject({ stage: 'make' });
  expect(findTracked(root, 'other')).toBeNull();
});

test('no pointer is written for data that another file of DVC names, or a part of it', () => {
  const root = workspace({ 'data.dvc': pointer('data') });
  const version = {
    version: 'a'.repeat(64) as Hash,
    type: 'file',
    files: 1,
    bytes: 5,
    executable: false,
    md5,
  } as const;
  expect(writePointer(root, 'data/part', version)).toBe(false);
  expect(writePointer(root, 'data', version)).toBe(true);
  expect(writePointer(root, 'database', version)).toBe(true);
});

test('the cache is where the configuration says, relative to the file that says it', () => {
  const environment = { HOME: freshFolder() };
  const root = workspace({ '.dvc/config': '[core]\n    remote = x\n' });
  expect(dvcCacheFolder(root, environment)).toBe(join(root, '.dvc/cache'));
  writeFileSync(join(root, '.dvc/config'), '[cache]\n    dir = ../../shared\n');
  expect(dvcCacheFolder(root, environment)).toBe(join(dirname(root), 'shared'));
  writeFileSync(join(root, '.dvc/config.local'), '[cache]\n    dir = /big/cache\n');
  expect(dvcCacheFolder(root, environment)).toBe('/big/cache');
});
