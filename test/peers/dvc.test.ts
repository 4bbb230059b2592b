import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Hash } from '../../sidecar/contract/ids.ts';
import { openDataStore, type DataStore } from '../../sidecar/versions/data-store.ts';
import { cachePath } from '../../sidecar/versions/dvc/cache.ts';
import { ignoreData } from '../../sidecar/versions/dvc/gitignore.ts';
import { withDvcLock } from '../../sidecar/versions/dvc/dvc-lock.ts';
import { importVersion } from '../../sidecar/versions/dvc/import-version.ts';
import { pointedData } from '../../sidecar/versions/dvc/pointed-data.ts';
import { findTracked, findTrackedData } from '../../sidecar/versions/dvc/tracked-data.ts';
import { writeDvcCache } from '../../sidecar/versions/dvc/write-cache.ts';
import { writePointer } from '../../sidecar/versions/dvc/write-pointer.ts';
import { writeContent } from '../../sidecar/versions/tree/contents.ts';
import { comparePaths } from '../../sidecar/versions/tree/path-order.ts';
import { readFiles, writeVersion } from '../../sidecar/versions/tree/version.ts';
import { recordedContext } from '../support/job-context.ts';
import { damageObject, dvcRepository, installDvc, runIn, type Answer, type DvcRepository } from './dvc-repository.ts';

beforeAll(installDvc);

type Tree = Readonly<Record<string, string>>;

const md5Of = (bytes: string | Uint8Array) => createHash('md5').update(bytes).digest('hex');
const openStore = ({ path }: DvcRepository): DataStore => openDataStore(path('.trainyard/data'));
const cacheOf = ({ path }: DvcRepository): string => path('.dvc/cache');

const storeVersion = (store: DataStore, type: 'file' | 'folder', tree: Tree, executable = false): Hash => {
  const draft = store.blobs.openDraft();
  const rows = Object.entries(tree)
    .map(([path, text]) => {
      const bytes = Buffer.from(text);
      return { path, ...writeContent(draft, [bytes]), executable, md5: md5Of(bytes) };
    })
    .sort((a, b) => comparePaths(a.path, b.path));
  const version = writeVersion(draft, type, rows);
  draft.commit();
  return version;
};

/** Names a version of ours in a pointer and puts it into DVC's cache. */
const handOver = async (repository: DvcRepository, store: DataStore, path: string, version: Hash) => {
  const { root } = repository;
  writePointer(root, path, pointedData(store, version));
  ignoreData(root, path);
  return writeDvcCache({ root, cache: cacheOf(repository), store, version }, recordedContext().context);
};

const importTracked = (repository: DvcRepository, store: DataStore, path: string): Promise<Hash> => {
  const output = findTracked(repository.root, path);
  if (output === null) throw new Error(`nothing names ${path}`);
  return importVersion({ output, cache: cacheOf(repository), store }, recordedContext().context);
};

const textsOf = (store: DataStore, version: Hash): Tree =>
  Object.fromEntries(
    Array.from(readFiles(store.blobs, version), (file) => [file.path, store.contents.get(file).toString()]),
  );

const images = { 'cat/1.txt': 'one', 'cat/😀.txt': '', 'dog/ein  Bild.txt': 'drei', 'dog/\uffee': 'x', 'é\n"': 'y' };

test('DVC checks out a version of ours, finds nothing to do, and adds it again as it is', async () => {
  const repository = dvcRepository('git');
  const store = openStore(repository);
  const written = await handOver(repository, store, 'data/images', storeVersion(store, 'folder', images));
  expect(written).toMatchObject({ objects: 6, present: 0 });
  await handOver(repository, store, 'run.sh', storeVersion(store, 'file', { 'run.sh': '#!/bin/sh\n' }, true));
  const pointers = ['data/images.dvc', 'run.sh.dvc'].map((file) => readFileSync(repository.path(file), 'utf8'));

  repository.dvc('checkout');
  for (const [name, text] of Object.entries(images))
    expect(readFileSync(repository.path(`data/images/${name}`), 'utf8')).toBe(text);
  expect(readFileSync(repository.path('run.sh'), 'utf8')).toBe('#!/bin/sh\n');
  expect(statSync(repository.path('run.sh')).mode & 0o100).toBe(0o100);
  expect(JSON.parse(repository.dvc('status', '--json'))).toEqual({});
  repository.dvc('add', 'data/images', 'run.sh');
  expect(['data/images.dvc', 'run.sh.dvc'].map((file) => readFileSync(repository.path(file), 'utf8'))).toEqual(
    pointers,
  );
  expect(statSync(cachePath(cacheOf(repository), md5Of('one'), 'md5')).mode & 0o777).toBe(0o444);
});

test('DVC tells the difference of two versions of ours', async () => {
  const repository = dvcRepository();
  const store = openStore(repository);
  await handOver(repository, store, 'images', storeVersion(store, 'folder', images));
  repository.git('add', '--all');
  repository.git('commit', '--quiet', '--message', 'v1');
  const kept = Object.entries(images).filter(([name]) => name !== 'cat/1.txt');
  const tree = { ...Object.fromEntries(kept), 'dog/\uffee': 'changed', new: 'z' };
  const second = storeVersion(store, 'folder', tree);
  expect(await handOver(repository, store, 'images', second)).toMatchObject({ objects: 3, present: 3 });
  repository.dvc('checkout');
  const difference = JSON.parse(repository.dvc('diff', '--json', 'HEAD')) as Record<string, { path: string }[]>;
  expect(difference['added']?.map(({ path }) => path)).toEqual(['images/new']);
  expect(difference['deleted']?.map(({ path }) => path)).toEqual(['images/cat/1.txt']);
  expect(difference['modified']?.map(({ path }) => path).sort()).toEqual(['images/', 'images/dog/\uffee']);
});

test.each(['copy', 'hardlink'])(
  'versions that DVC made are ours without conversion, with cache type %s',
  async (type) => {
    const repository = dvcRepository();
    repository.dvc('config', 'cache.type', type);
    const large = Buffer.alloc(5 << 20, 'not all the same ');
    repository.write({
      ...Object.fromEntries(Object.entries(images).map(([name, text]) => [`data/${name}`, text])),
      'big.bin': large,
    });
    repository.write({ 'dvc.yaml': 'stages:\n  make:\n    cmd: echo made > out.txt\n    outs:\n    - out.txt\n' });
    repository.dvc('add', 'data', 'big.bin');
    repository.dvc('repro');
    for (const name of ['data', 'big.bin', 'out.txt']) rmSync(repository.path(name), { recursive: true });
    const pointers = ['data.dvc', 'big.bin.dvc', 'dvc.lock'].map((file) => readFileSync(repository.path(file), 'utf8'));

    const { data, unreadable } = findTrackedData(repository.root);
    expect(unreadable).toEqual([]);
    expect(data.map(({ path, kind, stage, type: form, files }) => ({ path, kind, stage, form, files }))).toEqual([
      { path: 'big.bin', kind: 'data', stage: null, form: 'file', files: null },
      { path: 'data', kind: 'data', stage: null, form: 'folder', files: 5 },
      { path: 'out.txt', kind: 'stage', stage: 'make', form: 'file', files: null },
    ]);

    const store = openStore(repository);
    expect(textsOf(store, await importTracked(repository, store, 'data'))).toEqual(images);
    expect(textsOf(store, await importTracked(repository, store, 'out.txt'))).toEqual({ 'out.txt': 'made\n' });
    const big = await importTracked(repository, store, 'big.bin');
    expect(textsOf(store, big)['big.bin']).toBe(large.toString());
    // The same bytes on disk have the same version.
    expect(await importTracked(repository, store, 'data')).toBe(storeVersion(store, 'folder', images));
    expect(['data.dvc', 'big.bin.dvc', 'dvc.lock'].map((file) => readFileSync(repository.path(file), 'utf8'))).toEqual(
      pointers,
    );
  },
);

test('what the cache lacks is named, and so is a damaged listing', async () => {
  const repository = dvcRepository();
  repository.write({ 'data/a.txt': 'a', 'data/b.txt': 'b' });
  repository.dvc('add', 'data');
  const store = openStore(repository);
  const listing = findTracked(repository.root, 'data')?.md5 ?? '';
  rmSync(cachePath(cacheOf(repository), md5Of('b'), 'md5'));
  await expect(importTracked(repository, store, 'data')).rejects.toMatchObject({
    code: 'version-missing',
    message: expect.stringContaining('b.txt missing') as string,
  });
  const path = cachePath(cacheOf(repository), listing, 'md5');
  const text = readFileSync(path, 'utf8');
  chmodSync(path, 0o644);
  writeFileSync(path, text.replace('b.txt', 'c.txt'));
  await expect(importTracked(repository, store, 'data')).rejects.toMatchObject({ code: 'version-damaged' });
  rmSync(path);
  await expect(importTracked(repository, store, 'data')).rejects.toMatchObject({ code: 'version-missing' });
});

test('a repository of DVC 2 is read: its layout, and its hash of text that forgets Windows line ends', async () => {
  const repository = dvcRepository();
  const files: Record<string, string> = { 'lines.txt': 'a\r\nb\r\n', 'unix.txt': 'a\n', 'binary.bin': 'a\r\n\0\r\n' };
  const legacy: Record<string, string> = {
    'lines.txt': md5Of('a\nb\n'),
    'unix.txt': md5Of('a\n'),
    'binary.bin': md5Of(files['binary.bin'] ?? ''),
  };
  const names = Object.keys(files).sort();
  const listing = `[${names.map((name) => `{"md5": "${legacy[name]}", "relpath": "${name}"}`).join(', ')}]`;
  const oid = `${md5Of(listing)}.dir`;
  const put = (md5: string, text: string) => {
    const path = cachePath(cacheOf(repository), md5, 'md5-dos2unix');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  for (const name of names) put(legacy[name] ?? '', files[name] ?? '');
  put(oid, listing);
  repository.write({ 'old.dvc': `outs:\n- md5: ${oid}\n  size: 16\n  nfiles: 3\n  path: old\n` });
  repository.dvc('checkout');
  const store = openStore(repository);
  expect(textsOf(store, await importTracked(repository, store, 'old'))).toEqual(files);
  for (const name of names) expect(readFileSync(repository.path(`old/${name}`), 'utf8')).toBe(files[name]);
  put(legacy['lines.txt'] ?? '', 'a\r\nc\r\n');
  await expect(importTracked(repository, store, 'old')).rejects.toMatchObject({ code: 'version-damaged' });
});

test.each([
  'plain',
  'with blank',
  'trailing ',
  'two  ',
  'line\nbreak',
  '!important',
  '#comment',
  'st*r?',
  '[a]',
  'back\\slash',
  'é😀',
  ' leading',
])('Git ignores %j and nothing else', (name) => {
  const repository = dvcRepository('git');
  repository.write({ [`data/${name}/x`]: 'x', 'data/other/x': 'x', 'data/star': 'x' });
  ignoreData(repository.root, `data/${name}`);
  const untracked = repository.git('ls-files', '--others', '--exclude-standard', '-z').split('\0').filter(Boolean);
  expect(untracked.sort()).toEqual(['data/.gitignore', 'data/other/x', 'data/star']);
  expect(runIn(repository.root, 'git', ['check-ignore', '--quiet', '--', `data/${name}`]).code).toBe(0);
});

test('while DVC works nothing is written into its cache, and DVC waits while we do', async () => {
  const repository = dvcRepository();
  const store = openStore(repository);
  const version = storeVersion(store, 'folder', images);
  const write = () =>
    writeDvcCache({ root: repository.root, cache: cacheOf(repository), store, version }, recordedContext().context);
  repository.write({ 'dvc.yaml': 'stages: {}\n' });
  const lock = repository.path('.dvc/tmp/lock');
  mkdirSync(dirname(lock), { recursive: true });
  const holder = await holdLock(lock);
  await expect(write()).rejects.toMatchObject({
    code: 'store-locked',
    message: expect.stringContaining(String(holder.pid)) as string,
  });
  expect(existsSync(join(cacheOf(repository), 'files'))).toBe(false);
  await holder.letGo();
  expect(await write()).toMatchObject({ objects: 6 });

  let during: Answer | null = null;
  await withDvcLock(repository.root, () => {
    during = repository.try('add', 'dvc.yaml');
    return Promise.resolve();
  });
  expect(during).toMatchObject({ err: expect.stringContaining('Unable to acquire lock') as string });
  expect(repository.dvc('status', '--json')).toBe('{}\n');
});

/** The lock as DVC takes it, without the seconds that DVC takes to start. */
const holdLock = async (lock: string) => {
  const program =
    "import fcntl, os, sys; f = open(sys.argv[1], 'a+'); fcntl.flock(f, fcntl.LOCK_EX); f.write(' %d\\n' % os.getpid()); f.flush(); print('held', flush=True); sys.stdin.read()";
  const child = spawn('python3', ['-c', program, lock]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    pid: child.pid,
    letGo: () =>
      new Promise((resolve) => {
        child.once('close', resolve);
        child.stdin.end();
      }),
  };
};

test('an object that lost its end, or changed in the middle, is written anew; whole ones are left', async () => {
  const repository = dvcRepository();
  const store = openStore(repository);
  const version = storeVersion(store, 'folder', images);
  await handOver(repository, store, 'images', version);
  const [torn, rotten] = ['drei', 'one'].map((text) => cachePath(cacheOf(repository), md5Of(text), 'md5'));
  damageObject(torn!, 'dr');
  damageObject(rotten!, 'two');
  expect(await handOver(repository, store, 'images', version)).toMatchObject({ objects: 2, present: 4, repaired: 2 });
  expect([torn, rotten].map((object) => readFileSync(object!, 'utf8'))).toEqual(['drei', 'one']);
});
