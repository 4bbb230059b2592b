import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { cachePath } from '../../../../sidecar/versions/dvc/cache.ts';
import { writeDvcCache } from '../../../../sidecar/versions/dvc/write-cache.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { recordDisk, type DiskState, type Operation } from '../store/disk-model.ts';
import { crashStates } from '../store/every-crash.ts';
import { noise } from '../store/noise.ts';
import { saveVersion } from '../store/random-version.ts';

const md5Of = (bytes: string | Buffer): string => createHash('md5').update(bytes).digest('hex');

/** A workspace with a version in its store, and the way to write it into a cache of DVC. */
const exported = (files: Readonly<Record<string, Buffer>>) => {
  const root = freshFolder();
  const data = join(root, '.trainyard/data');
  const version = saveVersion(data, new Map(Object.entries(files)));
  const cache = join(root, 'cache');
  const write = (which: Hash = version) =>
    writeDvcCache({ root, cache, store: openDataStore(data), version: which }, recordedContext().context);
  return { root, data, write, object: (bytes: string | Buffer) => cachePath(cache, md5Of(bytes), 'md5') };
};

/** Gives an object other bytes, with the mode that it had. */
const damage = (object: string, bytes: string): void => {
  rmSync(object);
  writeFileSync(object, bytes, { mode: 0o444 });
};

const few = { 'a.txt': Buffer.from('one'), 'b.txt': Buffer.from('two'), 'c.txt': Buffer.from('one') };

test('each object is written once, read-only, and found whole the next time', async () => {
  const { write, object } = exported(few);
  expect(await write()).toMatchObject({ objects: 3, present: 0, repaired: 0 });
  expect(readFileSync(object('one'), 'utf8')).toBe('one');
  expect(statSync(object('one')).mode & 0o777).toBe(0o444);
  expect(await write()).toEqual({ objects: 0, bytes: 0, present: 3, repaired: 0 });
});

test('an object that is there is not believed for its mode and size: a damaged one is replaced and counted', async () => {
  const { write, object } = exported(few);
  await write();
  damage(object('one'), 'eno');
  expect(await write()).toEqual({ objects: 1, bytes: 3, present: 2, repaired: 1 });
  expect(readFileSync(object('one'), 'utf8')).toBe('one');
});

test('an object with the right bytes and another mode gets the one that spares DVC to hash it again', async () => {
  const { write, object } = exported(few);
  await write();
  chmodSync(object('two'), 0o644);
  expect(await write()).toMatchObject({ objects: 1, repaired: 0 });
  expect(statSync(object('two')).mode & 0o777).toBe(0o444);
});

test('a mask of the user takes nothing from the mode', async () => {
  const before = process.umask(0o077);
  try {
    const { write, object } = exported(few);
    await write();
    expect(statSync(object('one')).mode & 0o777).toBe(0o444);
  } finally {
    process.umask(before);
  }
});

interface Run {
  readonly operations: readonly Operation[];
  /** Bytes of every object. */
  readonly objects: ReadonlyMap<string, Buffer>;
}

/** What a run asks of the disk. */
const recorded = async (): Promise<Run> => {
  const files = Array.from({ length: 40 }, (_, at): [string, Buffer] => [
    `${String(at).padStart(2, '0')}.bin`,
    noise(10 + at, at),
  ]);
  const { root, write } = exported(Object.fromEntries(files));
  const recording = recordDisk(root);
  try {
    expect(await write()).toMatchObject({ objects: 41 });
    recording.acknowledge('written');
  } finally {
    recording.stop();
  }
  return { operations: recording.operations, objects: new Map(files.map(([, bytes]) => [md5Of(bytes), bytes])) };
};

const objectName = /^cache\/files\/md5\/(..)\/([0-9a-f]{30})(\.dir)?$/;

/** @returns what DVC would take for right and is not */
const judge = (state: DiskState, promised: readonly string[], { objects }: Run): string | null => {
  let whole = 0;
  let listing: Buffer | null = null;
  for (const [path, bytes] of state) {
    const [, start = '', rest = '', dir] = objectName.exec(path) ?? [];
    if (rest === '') continue;
    if (dir === undefined ? !bytes.equals(objects.get(start + rest)!) : md5Of(bytes) !== start + rest) {
      return `${path} is damaged`;
    }
    if (dir === undefined) whole += 1;
    else listing = bytes;
  }
  if (listing === null) return promised.length > 0 ? 'the listing is lost' : null;
  return whole < objects.size ? `${objects.size - whole} files are listed and missing` : null;
};

const firstWrong = (run: Run, operations = run.operations): string | null => {
  for (const { state, promised, how } of crashStates(operations, 1)) {
    const wrong = judge(state, promised, run);
    if (wrong !== null) return `${how}: ${wrong}`;
  }
  return null;
};

/** The operations that make the listing. */
const listingOf = (operations: readonly Operation[]): ReadonlySet<Operation> => {
  const named = operations.find((one) => one.what === 'rename' && one.to.endsWith('.dir'));
  const draft = named?.what === 'rename' ? named.from : '';
  const made = operations.find((one) => one.what === 'create' && one.path === draft);
  return new Set(
    operations.filter((one) => one === named || ('file' in one && made?.what === 'create' && one.file === made.file)),
  );
};

test('whatever moment a crash or a loss of power chooses, no name stands for other bytes and no listing for lost files', async () => {
  const run = await recorded();
  expect(firstWrong(run)).toBeNull();

  const listing = listingOf(run.operations);
  const begun = run.operations.findIndex((one) => listing.has(one));
  const planted = {
    'bytes that are not synced': run.operations.filter(({ what }) => what !== 'sync'),
    'a listing before its files': [...listing, ...run.operations.filter((one) => !listing.has(one))],
    'a listing while names of its files are not synced': run.operations.filter(
      ({ what }, at) => what !== 'syncFolder' || at > begun,
    ),
    'an end before the last folder is synced': run.operations.filter(
      ({ what }, at) => what !== 'syncFolder' || at < begun,
    ),
  };
  for (const [name, operations] of Object.entries(planted)) expect(firstWrong(run, operations), name).not.toBeNull();
});
