import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { Fault } from '../../../../sidecar/faults.ts';
import { openBlobs, type Blobs } from '../../../../sidecar/versions/store/blobs.ts';
import { fromBlobs, repairIndexes, repairPacks } from '../../../../sidecar/versions/store/repair.ts';
import { verifyPacks, type Damage, type Depth } from '../../../../sidecar/versions/store/verify.ts';
import { createContents } from '../../../../sidecar/versions/tree/contents.ts';
import { harmedFiles } from '../../../../sidecar/versions/tree/harmed-files.ts';
import { fromDisk } from '../../../../sidecar/versions/tree/disk-source.ts';
import { readFiles, reachableBlobs } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { saveRandomVersion } from './random-version.ts';

const { context } = recordedContext();

const verify = (folder: string, depth: Depth = 'full') => verifyPacks(folder, depth, context);

/** Names of files of `version` that are not given as they were saved; wrong bytes fail the test. */
const unreadable = (blobs: Blobs, version: Hash, saved: ReadonlyMap<string, Buffer>): string[] => {
  const contents = createContents(blobs);
  const failed: string[] = [];
  const read = new Set<string>();
  try {
    for (const file of readFiles(blobs, version)) {
      read.add(file.path);
      try {
        expect(contents.get(file).equals(saved.get(file.path)!)).toBe(true);
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'store-damaged')) throw error;
        failed.push(file.path);
      }
    }
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'store-damaged')) throw error;
    failed.push(...[...saved.keys()].filter((path) => !read.has(path)));
  }
  return failed.sort();
};

/** Numbers that are the same in every run. */
const dice = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

test('a thousand flips and cuts in packs and indexes are found and named, and no wrong byte is ever given', async () => {
  const folder = freshFolder();
  const { version, files } = saveRandomVersion(folder, 25);
  const packs = join(folder, 'packs');
  const paths = readdirSync(packs).map((name) => join(packs, name));
  const whole = new Map(paths.map((path) => [path, readFileSync(path)]));
  const total = [...whole.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const throwDice = dice(1);
  for (let turn = 0; turn < 1_000; turn++) {
    // A file by its size, but every third time one of the small ones: indexes and packs of nodes.
    const path = turn % 3 === 0 ? paths[throwDice(paths.length)]! : pick(whole, throwDice(total));
    const bytes = whole.get(path)!;
    const at = throwDice(bytes.length);
    if (turn % 10 === 0) truncateSync(path, at);
    else {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << throwDice(8);
      writeFileSync(path, changed);
    }
    const { damage } = await verify(folder);
    const name = /([0-9a-f]{64})\.(pack|index)$/.exec(path)!;
    expect(
      damage.map(({ pack, part }) => `${pack}.${part}`),
      `turn ${turn}: ${path} at ${at}`,
    ).toContain(name[0]);
    const blobs = openBlobs(folder);
    const failed = unreadable(blobs, version, files);
    const harmed = [...harmedFiles(blobs, [version], damagedIn(damage))];
    expect(covers(harmed, failed, files.size), `turn ${turn}`).toBe(true);
    blobs.close();
    writeFileSync(path, bytes);
  }
  expect((await verify(folder)).damage).toEqual([]);
}, 180_000);

const pick = (files: ReadonlyMap<string, Buffer>, at: number): string => {
  let end = 0;
  for (const [path, { length }] of files) if (at < (end += length)) return path;
  throw new Error('past the end');
};

const damagedIn = (damage: readonly Damage[]) => {
  const ids = new Set(damage.flatMap(({ blob }) => blob?.id ?? []));
  return (id: Hash) => ids.has(id);
};

/** Whether every file that cannot be read is named, itself or within the part that begins with a named one. */
const covers = (harmed: readonly { path: string | null; files: number | null }[], failed: string[], all: number) => {
  const named = new Set(harmed.flatMap(({ path, files }) => (files === 1 && path !== null ? [path] : [])));
  const parts = harmed.filter(({ files }) => files !== 1).reduce((sum, { files }) => sum + (files ?? all), 0);
  return failed.filter((path) => !named.has(path)).length <= parts && (failed.length > 0 || named.size === 0);
};

test('a quick look finds packs that are cut off, gone or have another end', async () => {
  const folder = freshFolder();
  saveRandomVersion(folder, 20);
  const [pack] = readdirSync(join(folder, 'packs')).filter((name) => name.endsWith('.pack'));
  const path = join(folder, 'packs', pack!);
  expect((await verify(folder, 'quick')).damage).toEqual([]);
  truncateSync(path, readFileSync(path).length - 1);
  expect((await verify(folder, 'quick')).damage).toMatchObject([{ pack: pack!.slice(0, 64), part: 'pack' }]);
  rmSync(path);
  const { damage } = await verify(folder, 'quick');
  expect(damage[0]).toMatchObject({ part: 'pack', blob: null, why: 'it is missing' });
  expect(damage.length).toBeGreaterThan(1);
});

test('a sample reads about the share that is asked for', async () => {
  const folder = freshFolder();
  saveRandomVersion(folder, 300);
  const full = await verify(folder, 'full');
  const sample = await verify(folder, { share: 0.3 });
  expect(sample.blobs / full.blobs).toBeGreaterThan(0.1);
  expect(sample.blobs / full.blobs).toBeLessThan(0.5);
});

test('a lost or damaged index is made anew from its pack', () => {
  const folder = freshFolder();
  const { version, files } = saveRandomVersion(folder, 20);
  const indexes = readdirSync(join(folder, 'packs')).filter((name) => name.endsWith('.index'));
  const [first, second] = indexes.map((name) => join(folder, 'packs', name));
  const before = readFileSync(first!);
  writeFileSync(first!, Buffer.concat([before, Buffer.from('x')]));
  rmSync(second!);
  expect(unreadable(openBlobs(folder), version, files).length).toBe(20);
  expect(repairIndexes(folder)).toBe(2);
  expect(readFileSync(first!).equals(before)).toBe(true);
  expect(unreadable(openBlobs(folder), version, files)).toEqual([]);
});

/** Flips a byte inside each of some blobs. */
const harm = (folder: string, blobs: Blobs, ids: readonly Hash[]): void => {
  for (const id of ids) {
    const place = blobs.locate(id)!;
    const path = join(folder, 'packs', `${place.pack}.pack`);
    const bytes = readFileSync(path);
    bytes[place.offset + Math.floor(place.stored / 2)]! ^= 0xff;
    writeFileSync(path, bytes);
  }
};

test('damaged blobs come back from unchanged files on disk, and from another store', async () => {
  for (const from of ['disk', 'store'] as const) {
    const folder = freshFolder();
    const { version, files, root } = saveRandomVersion(folder, 40);
    const twin = freshFolder();
    saveRandomVersion(twin, 40);
    const blobs = openBlobs(folder);
    const reached = [...reachableBlobs(blobs, version)];
    harm(folder, blobs, [reached[0]!.id, reached[1]!.id, ...reached.slice(-3).map(({ id }) => id)]);
    const { damage } = await verify(folder);
    expect(damage.filter(({ blob }) => blob !== null).length).toBe(5);
    const disk = fromDisk({
      type: 'folder',
      files: [...files.keys()].map((path) => ({ path, absolute: join(root, path), executable: false })),
    });
    const sources = [from === 'disk' ? disk : fromBlobs(openBlobs(twin))];
    const repaired = await repairPacks({ folder, blobs, damage, missing: [], sources, now: Date.now() });
    expect(repaired).toMatchObject({ blobs: 5, packs: 2, lost: [] });
    expect((await verify(folder)).damage).toEqual([]);
    expect(unreadable(openBlobs(folder), version, files)).toEqual([]);
    expect(unreadable(blobs, version, files)).toEqual([]);
  }
});

test('what no source has is named as lost, and everything else stays readable', async () => {
  const folder = freshFolder();
  const { version, files } = saveRandomVersion(folder, 30);
  const blobs = openBlobs(folder);
  const [chunk] = [...reachableBlobs(blobs, version)].filter(({ kind }) => kind === 'chunk').map(({ id }) => id);
  harm(folder, blobs, [chunk!]);
  const { damage } = await verify(folder);
  const harmed = [...harmedFiles(blobs, [version], damagedIn(damage))];
  expect(harmed.length).toBe(1);
  const repaired = await repairPacks({ folder, blobs, damage, missing: [], sources: [], now: Date.now() });
  expect(repaired).toEqual({ blobs: 0, packs: 0, lost: [chunk] });
  expect(unreadable(openBlobs(folder), version, files)).toEqual([harmed[0]!.path]);
  expect(existsSync(join(folder, 'trash'))).toBe(false);
});

test('a pack that is gone comes back from the files on disk', async () => {
  const folder = freshFolder();
  const { version, files, root } = saveRandomVersion(folder, 30);
  const blobs = openBlobs(folder);
  for (const name of readdirSync(join(folder, 'packs'))) {
    if (name.endsWith('.pack')) rmSync(join(folder, 'packs', name));
  }
  blobs.close();
  const { damage } = await verify(folder);
  const source = fromDisk({
    type: 'folder',
    files: [...files.keys()].map((path) => ({ path, absolute: join(root, path), executable: false })),
  });
  const repaired = await repairPacks({ folder, blobs, damage, missing: [], sources: [source], now: Date.now() });
  expect(repaired.lost).toEqual([]);
  expect((await verify(folder)).damage).toEqual([]);
  expect(unreadable(openBlobs(folder), version, files)).toEqual([]);
});

test('another copy of a damaged blob is used without a word', () => {
  const folder = freshFolder();
  const { version, files } = saveRandomVersion(folder, 10);
  const blobs = openBlobs(folder);
  const twin = freshFolder();
  saveRandomVersion(twin, 30);
  for (const name of readdirSync(join(twin, 'packs'))) {
    writeFileSync(join(folder, 'packs', name), readFileSync(join(twin, 'packs', name)));
  }
  const reader = openBlobs(folder);
  const chunks = [...reachableBlobs(reader, version)].filter(({ kind }) => kind === 'chunk');
  harm(folder, blobs, [chunks[0]!.id]);
  expect(unreadable(reader, version, files)).toEqual([]);
});
