import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DatasetVersion } from '../../../../sidecar/contract/dataset.ts';
import type { RunId } from '../../../../sidecar/contract/ids.ts';
import { Training } from '../../../../sidecar/contract/training.ts';
import { checkDataJob } from '../../../../sidecar/pipeline/1-version/check-job.ts';
import { createDvcDesk } from '../../../../sidecar/pipeline/1-version/dvc-desk.ts';
import { importJob } from '../../../../sidecar/pipeline/1-version/import-job.ts';
import { writeCacheJob } from '../../../../sidecar/pipeline/1-version/write-cache-job.ts';
import { createDatasetDesk } from '../../../../sidecar/pipeline/1-version/desk.ts';
import { differenceJob } from '../../../../sidecar/pipeline/1-version/difference-job.ts';
import { fetchJob } from '../../../../sidecar/pipeline/1-version/fetch-job.ts';
import { snapshotJob } from '../../../../sidecar/pipeline/1-version/job.ts';
import { restoreJob } from '../../../../sidecar/pipeline/1-version/restore-job.ts';
import { undoRestoreJob } from '../../../../sidecar/pipeline/1-version/undo-restore-job.ts';
import { createVersionStage } from '../../../../sidecar/pipeline/1-version/stage.ts';
import { statusJob } from '../../../../sidecar/pipeline/1-version/status-job.ts';
import { verifyJob } from '../../../../sidecar/pipeline/1-version/verify-job.ts';
import { openDatabase } from '../../../../sidecar/store/database.ts';
import { createDatasetStore } from '../../../../sidecar/store/datasets.ts';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { createObjects } from '../../../../sidecar/versions/objects.ts';
import { layoutOf } from '../../../../sidecar/workspace/layout.ts';
import { greyPng } from '../../datasets/workspace.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const setUp = (unguarded = true) => {
  const root = freshFolder();
  const layout = layoutOf(root);
  const objects = createObjects(layout.objects);
  const announced: DatasetVersion[] = [];
  const said = recordedContext();
  let now = 1_000;
  const needs = {
    snapshot: snapshotJob,
    fetch: fetchJob,
    cacheFolder: join(root, '.cache'),
    catalog: createDatasetStore(openDatabase(layout.database)),
    objects,
    dataFolder: layout.data,
    indexes: layout.indexes,
    unfinished: { root, restoring: layout.restoring },
    describeCode: () => Promise.resolve({ commit: 'abc', branch: 'main', dirty: true, patch: 'the patch' }),
    isUnguarded: () => Promise.resolve(unguarded),
    author: () => Promise.resolve('Ada'),
    announce: (dataset: DatasetVersion) => void announced.push(dataset),
    clock: () => now++,
  };
  const dvc = createDvcDesk({
    ...needs,
    root,
    store: openDataStore(layout.data),
    cacheOf: () => join(root, '.dvc/cache'),
    importVersion: importJob,
    writeCache: writeCacheJob,
    context: said.context,
  });
  const stage = createVersionStage({ ...needs, check: checkDataJob, derived: layout.derived, adopt: dvc.find });
  const run = async (dataset: string, training: Record<string, unknown> = {}, data: Record<string, unknown> = {}) => {
    const start = {
      experiment: 'x',
      root,
      promote: false,
      training: Training.parse({ model: { name: 'cnn' }, data: { dataset, ...data }, training }),
    };
    const outcome = await stage.run(start, { ...said.context, run: 'r1' as RunId });
    return {
      ...outcome.gives.dataset,
      note: outcome.status === 'done' ? outcome.note : undefined,
      reasons: outcome.status === 'held' ? outcome.reasons : [],
    };
  };
  const write = (name: string, bytes: string | Uint8Array) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), bytes);
  };
  const desk = createDatasetDesk({
    ...needs,
    root,
    kept: layout.kept,
    store: openDataStore(layout.data),
    status: statusJob,
    restore: restoreJob,
    undoRestore: undoRestoreJob,
    verify: verifyJob,
    difference: differenceJob,
    context: said.context,
  });
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  return { root, stage, run, write, read, desk, objects, announced, said: said.lines };
};

let bench: ReturnType<typeof setUp>;

describe('the stage', () => {
  beforeEach(() => {
    bench = setUp();
    for (const name of ['cat', 'dog']) bench.write(`data/raw/images/${name}/1.png`, greyPng(name.length));
  });

  test('versions a built-in data set without a trace of it in the workspace', async () => {
    const idx = (dims: readonly number[]) =>
      Buffer.concat([Buffer.of(0, 0, 8, dims.length), ...dims.map((dim) => Buffer.of(0, 0, 0, dim)), Buffer.alloc(8)]);
    for (const part of ['train', 't10k']) {
      bench.write(`mirror/${part}-images-idx3-ubyte`, idx([2, 2, 2]));
      bench.write(`mirror/${part}-labels-idx1-ubyte`, idx([8]));
    }
    const { dataset } = await bench.run('mnist', {}, { source: './mirror' });
    expect(dataset).toMatchObject({ name: 'mnist', version: 1, path: 'mnist', kind: 'idx', files: 4 });
    expect(existsSync(join(bench.root, 'mnist.dvc'))).toBe(false);
    expect((await bench.run('mnist@v1')).dataset).toEqual(dataset);
    // Restoring it puts it where its path says.
    await bench.desk.restore({ dataset: 'mnist', version: 1, force: false });
    expect(existsSync(join(bench.root, 'mnist/train-images-idx3-ubyte'))).toBe(true);
    expect((await bench.desk.verify({ dataset: 'mnist', version: 1 })).damaged).toEqual([]);
  });

  test('versions the data with its code, pointer and .gitignore, and announces it', async () => {
    const { dataset, code, note } = await bench.run('data/raw/images');
    expect(dataset).toMatchObject({
      name: 'images',
      version: 1,
      kind: 'image-folder',
      path: 'data/raw/images',
      pointer: 'data/raw/images.dvc',
      files: 2,
      author: 'Ada',
      createdAt: 1_000,
    });
    expect(code).toMatchObject({ commit: 'abc', branch: 'main', dirty: true });
    expect(bench.objects.get(code.patch!).toString()).toBe('the patch');
    expect(bench.read('data/raw/images.dvc')).toContain('nfiles: 2');
    expect(bench.read('data/raw/.gitignore')).toBe('/images\n');
    expect(bench.announced).toEqual([dataset]);
    expect(note).toBe('images v1, 2 files');
  });

  test('gives equal bytes the version they have, changed bytes the next, and old bytes their old one', async () => {
    const first = await bench.run('data/raw/images');
    expect((await bench.run('./data/raw/images/')).dataset).toEqual(first.dataset);
    bench.write('data/raw/images/cat/2.png', greyPng(9));
    expect((await bench.run('data/raw/images')).dataset.version).toBe(2);
    bench.write('data/raw/images/cat/2.png', greyPng(10));
    expect((await bench.run('data/raw/images')).dataset.version).toBe(3);
    bench.write('data/raw/images/cat/2.png', greyPng(9));
    expect((await bench.run('data/raw/images')).dataset.version).toBe(2);
    expect(bench.announced.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(bench.desk.list().map(({ version }) => version)).toEqual([3, 2, 1]);
  });

  test('is held by a broken check of the data that blocks, whatever it is pinned to, and keeps the version', async () => {
    const checks = [{ count: 'files', at_least: 3 }, { unique: 'files', on_fail: 'warn' }, { readable: 'pictures' }];
    bench.write('data/raw/images/dog/2.png', greyPng(3));
    bench.write('data/raw/images/dog/1.png', 'no picture');
    const { dataset, reasons, note } = await bench.run('data/raw/images', {}, { checks });
    expect({ version: dataset.version, note }).toEqual({ version: 1, note: undefined });
    expect(reasons).toEqual([
      'data.checks[2]: every picture is readable. 1 of 3 pictures breaks it, the first dog/1.png: it is neither PNG nor JPEG.',
    ]);
    expect(bench.said.filter((line) => line.startsWith('warn: data.checks['))).toHaveLength(2);
    expect((await bench.run('images@v1', {}, { checks })).reasons).toEqual(reasons);
    expect((await bench.run('images@v1', {}, { checks: checks.slice(0, 2) })).note).toBe('images v1, pinned');
  });

  test('takes a pinned version without looking at the disk', async () => {
    const first = await bench.run('data/raw/images');
    bench.write('data/raw/images/cat/2.png', 'not even a picture');
    for (const reference of ['data/raw/images@v1', 'data/raw/images@1', './data/raw/images/@v1', 'images@v1']) {
      const pinned = await bench.run(reference);
      expect(pinned.dataset).toEqual(first.dataset);
      expect(pinned.note).toBe('images v1, pinned');
    }
    expect(bench.announced).toHaveLength(1);
    await expect(bench.run('data/raw/images@v7')).rejects.toThrow(fault('version-missing', /images has no version v7/));
  });

  test('keeps data sets of one name in different folders apart', async () => {
    bench.write('other/images/cat/1.png', greyPng(1));
    await bench.run('data/raw/images');
    expect((await bench.run('other/images')).dataset).toMatchObject({ name: 'other/images', version: 1 });
    expect((await bench.run('other/images@v1')).dataset.path).toBe('other/images');
  });

  test('refuses a class folder without pictures, and lets a command have it', async () => {
    mkdirSync(join(bench.root, 'data/raw/images/bird'));
    await expect(bench.run('data/raw/images')).rejects.toThrow(
      fault('dataset-class-empty', /“bird” of data\/raw\/images/),
    );
    expect(bench.announced).toEqual([]);
    expect((await bench.run('data/raw/images', { engine: 'command', command: 'true' })).dataset.version).toBe(1);
    expect(bench.said.join()).toContain('1 empty folders are in no version: bird');
  });

  test('takes any data, for commands that know what it is', async () => {
    bench.write('corpus/a.txt', 'once upon a time');
    expect((await bench.run('corpus')).dataset.kind).toBe('files');
    bench.write('t.csv', 'a,b\n1,2\n');
    expect((await bench.run('t.csv')).dataset).toMatchObject({ kind: 'csv', name: 't.csv', pointer: 't.csv.dvc' });
  });

  test('refuses a folder with nothing in it and data that is not there', async () => {
    mkdirSync(join(bench.root, 'void'));
    await expect(bench.run('void')).rejects.toThrow(fault('dataset-empty', /void holds no rows/));
    await expect(bench.run('nowhere')).rejects.toThrow(fault('dataset-missing', /nowhere/));
    await expect(bench.run('../outside')).rejects.toThrow(fault('dataset-unreadable', /outside the workspace/));
  });

  test('always looks: there is nothing under which an earlier result could be reused', () => {
    expect(bench.stage.key({} as never)).toBeNull();
  });
});

test('data that Git tracks or ignores already gets no line in .gitignore', async () => {
  const guarded = setUp(false);
  guarded.write('data/a.txt', 'x');
  await guarded.run('data');
  expect(existsSync(join(guarded.root, '.gitignore'))).toBe(false);
});

test('the desk tells differences, restores with the pointer, and verifies', async () => {
  const { desk, write, read } = setUp();
  write('data/a.txt', 'one');
  expect(await desk.version('data')).toMatchObject({ name: 'data', version: 1 });
  const pointer = read('data.dvc');
  write('data/a.txt', 'two');
  write('data/b.txt', 'new');
  await desk.version('data');
  expect(await desk.difference('data', 1, 2)).toMatchObject({ from: 'v1', to: 'v2', added: 1, changed: 1, removed: 0 });
  expect(await desk.difference('data', 2, 'disk')).toMatchObject({ to: 'disk', added: 0, changed: 0, removed: 0 });
  expect(await desk.restore({ dataset: 'data', version: 1, force: false })).toEqual({
    written: 1,
    removed: 1,
    kept: null,
  });
  expect(read('data/a.txt')).toBe('one');
  expect(read('data.dvc')).toBe(pointer);
  expect(await desk.verify({ dataset: 'data', version: 2 })).toEqual({ files: 2, damaged: [] });
  await expect(desk.verify({ dataset: 'data', version: 9 })).rejects.toThrow(
    fault('version-missing', /data has no version v9/),
  );
});
