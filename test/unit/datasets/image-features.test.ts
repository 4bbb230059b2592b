import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openFeatures } from '../../../sidecar/datasets/feature-store.ts';
import { greyPng, rowsOf, workspaceWith } from './workspace.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const pictures = (classes: Readonly<Record<string, number>>, prefix = 'data') =>
  Object.fromEntries(
    Object.entries(classes).flatMap(([name, count], index) =>
      Array.from({ length: count }, (_, at) => [`${prefix}/${name}/${at}.png`, greyPng((index * 20 + at) % 256)]),
    ),
  );

test('an image folder becomes rows of raw pixels with the class index, split and named by file', async () => {
  const workspace = workspaceWith(pictures({ cat: 20, dog: 10 }));
  const open = await workspace.featurize('data');
  expect(open.features).toMatchObject({
    task: 'classification',
    classes: ['cat', 'dog'],
    inputShape: [1, 4, 4],
    rows: { train: 24, validation: 3, test: 3 },
    columns: [],
    target: null,
  });
  const all = (['train', 'validation', 'test'] as const).flatMap((part) => rowsOf(open, part));
  expect(new Set(all.map(({ name }) => name)).size).toBe(30);
  for (const { name, input, target } of all) {
    const [folder, file] = name.split('/');
    expect(target).toBe(folder === 'cat' ? 0 : 1);
    expect(new Set(input)).toEqual(new Set([(folder === 'cat' ? 0 : 20) + Number.parseInt(file!)]));
  }
});

test('rows are read in the order they are asked for', async () => {
  const open = await workspaceWith(pictures({ a: 10, b: 10 })).featurize('data');
  const all = rowsOf(open, 'train');
  const inputs = new Float32Array(3 * 16);
  const targets = new Float32Array(3);
  open.source('train').read(Uint32Array.of(5, 0, 5), inputs, targets);
  expect([...inputs]).toEqual([5, 0, 5].flatMap((row) => all[row]!.input));
  expect([...targets]).toEqual([5, 0, 5].map((row) => all[row]!.target));
  expect(() => open.source('train').read(Uint32Array.of(16), inputs, targets)).toThrow(RangeError);
});

test('rows that are too large for memory are read from the file, and are the same rows', async () => {
  const workspace = workspaceWith(pictures({ a: 10, b: 10 }));
  const held = await workspace.featurize('data');
  const read = openFeatures(workspace.featuresFolder, held.features.hash, { memoryBytes: 0 });
  for (const part of ['train', 'validation', 'test'] as const) expect(rowsOf(read, part)).toEqual(rowsOf(held, part));
  read.close();
  const table = workspaceWith({
    't.csv': `x,y\n${Array.from({ length: 30 }, (_, at) => `${at / 7},${at % 2}`).join('\n')}\n`,
  });
  const rows = await table.featurize('t.csv');
  const positional = openFeatures(table.featuresFolder, rows.features.hash, { memoryBytes: 0 });
  expect(rowsOf(positional, 'train')).toEqual(rowsOf(rows, 'train'));
  positional.close();
});

test('mean and deviation are those of the training rows', async () => {
  const open = await workspaceWith(pictures({ a: 30, b: 30 })).featurize('data');
  const values = rowsOf(open, 'train').flatMap(({ input }) => input);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(open.features.normalization.mean[0]).toBeCloseTo(mean, 9);
  expect(open.features.normalization.std[0]).toBeCloseTo(Math.sqrt(variance), 9);
});

test('another picture in the test part changes neither mean nor deviation', async () => {
  const files = pictures({ a: 20, b: 20 });
  const first = await workspaceWith(files).featurize('data');
  const held = first.source('test').names;
  const second = await workspaceWith({
    ...files,
    ...Object.fromEntries(held.map((name) => [`data/${name}`, greyPng(255)])),
  }).featurize('data');
  expect(second.source('test').names).toEqual(held);
  expect(second.features.hash).not.toBe(first.features.hash);
  expect(second.features.normalization).toEqual(first.features.normalization);
});

test('classes that are numbers are in the order of the numbers', async () => {
  const open = await workspaceWith(pictures({ '10': 4, '9': 4, '1': 4 })).featurize('data');
  expect(open.features.classes).toEqual(['1', '9', '10']);
});

test('size and channels are those of the first picture, or as the settings say', async () => {
  const files = { ...pictures({ a: 4, b: 4 }), 'data/b/big.png': greyPng(9, 11) };
  const plain = await workspaceWith(files).featurize('data');
  expect(plain.features.inputShape).toEqual([1, 4, 4]);
  const asked = await workspaceWith(files).featurize('data', { image_size: 8, channels: 3 });
  expect(asked.features.inputShape).toEqual([3, 8, 8]);
  expect(asked.features.normalization.mean).toHaveLength(3);
});

test('folders named train and test divide the data themselves', async () => {
  const files = { ...pictures({ cat: 10, dog: 10 }, 'data/train'), ...pictures({ cat: 3, dog: 4 }, 'data/test') };
  const workspace = workspaceWith(files);
  const open = await workspace.featurize('data');
  expect(open.features.classes).toEqual(['cat', 'dog']);
  expect(open.features.rows).toEqual({ train: 18, validation: 2, test: 7 });
  expect(open.source('test').names.every((name) => name.startsWith('test/'))).toBe(true);
  expect(workspace.said.join()).toContain('`test` stays the test part');
});

test('equal data under equal settings are decoded once; whatever matters makes new rows', async () => {
  const workspace = workspaceWith(pictures({ a: 10, b: 10 }));
  const { features } = await workspace.featurize('data');
  const rows = join(workspace.featuresFolder, features.hash, 'rows.bin');
  const before = statSync(rows, { bigint: true });
  expect((await workspace.featurize('data', { batch_size: 3 })).features).toEqual(features);
  expect(statSync(rows, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  const other = await workspace.featurize('data', { split: { seed: 1 } });
  expect(other.features.hash).not.toBe(features.hash);
  expect(readdirSync(workspace.featuresFolder).sort()).toEqual([features.hash, other.features.hash].sort());
});

test('rows that were lost or cut short are decoded again', async () => {
  const workspace = workspaceWith(pictures({ a: 10, b: 10 }));
  const first = await workspace.featurize('data');
  const before = rowsOf(first, 'test');
  rmSync(join(workspace.featuresFolder, first.features.hash, 'rows.bin'));
  const again = await workspace.featurize('data');
  expect(rowsOf(again, 'test')).toEqual(before);
});

test.each([
  [
    'an empty class',
    { ...pictures({ a: 3, b: 3 }), 'data/c/notes.txt': 'x' },
    'dataset-class-empty',
    /“c” of data holds no images/,
  ],
  ['one class', pictures({ a: 3 }), 'dataset-one-class', /only one class, “a”/],
  [
    'text named png',
    { ...pictures({ a: 3, b: 3 }), 'data/b/bad.png': 'text' },
    'dataset-unreadable',
    /data\/b\/bad\.png cannot be read: it is neither PNG nor JPEG/,
  ],
  [
    'an empty png',
    { ...pictures({ a: 3, b: 3 }), 'data/b/bad.png': '' },
    'dataset-unreadable',
    /data\/b\/bad\.png .*empty/,
  ],
  [
    'a GIF',
    { ...pictures({ a: 3, b: 3 }), 'data/b/x.gif': 'GIF89a' },
    'dataset-unreadable',
    /x\.gif .*only PNG and JPEG/,
  ],
  [
    'a picture in no class',
    { ...pictures({ a: 3, b: 3 }), 'data/x.png': greyPng(1) },
    'dataset-unreadable',
    /data\/x\.png .*no class folder/,
  ],
  ['documents', { 'data/x/a.txt': 'x', 'data/y/b.txt': 'y' }, 'dataset-unreadable', /neither an image folder/],
])('%s is refused, by name', async (_what, files, code, words) => {
  const workspace = workspaceWith(files);
  await expect(workspace.featurize('data')).rejects.toThrow(fault(code, words));
  expect(existsSync(workspace.featuresFolder) ? readdirSync(workspace.featuresFolder) : []).toEqual([]);
});

test('files beside the pictures are left out aloud', async () => {
  const workspace = workspaceWith({ ...pictures({ a: 5, b: 5 }), 'data/README.md': 'x', 'data/a/.DS_Store': 'x' });
  const { features } = await workspace.featurize('data');
  expect(features.rows.train + features.rows.validation + features.rows.test).toBe(10);
  expect(workspace.said.join()).toContain('2 files are no pictures and are no rows: README.md, a/.DS_Store');
});

const idx = (dims: readonly number[], data: Uint8Array): Buffer => {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head[2] = 8;
  head[3] = dims.length;
  dims.forEach((size, at) => head.writeUInt32BE(size, 4 + 4 * at));
  return Buffer.concat([head, data]);
};
const digits = (prefix: string, count: number, pack = (bytes: Buffer): Uint8Array => bytes) => ({
  [`data/${prefix}-images-idx3-ubyte`]: pack(
    idx(
      [count, 2, 3],
      Uint8Array.from({ length: count * 6 }, (_, at) => at % 251),
    ),
  ),
  [`data/${prefix}-labels-idx1-ubyte`]: pack(
    idx(
      [count],
      Uint8Array.from({ length: count }, (_, at) => 5 + (at % 2)),
    ),
  ),
});

test.each([
  ['plain', (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
])('IDX files are read, %s, and their test part stays one', async (_what, pack) => {
  const open = await workspaceWith({ ...digits('t10k', 4, pack), ...digits('train', 20, pack) }).featurize('data');
  expect(open.features).toMatchObject({ classes: ['5', '6'], inputShape: [1, 2, 3], rows: { test: 4 } });
  expect(rowsOf(open, 'test')[1]).toEqual({
    name: 't10k-images-idx3-ubyte[1]',
    input: [6, 7, 8, 9, 10, 11],
    target: 1,
  });
  expect(open.features.rows.train + open.features.rows.validation).toBe(20);
});

test.each([
  [
    'too few labels',
    { ...digits('train', 9), 'data/train-labels-idx1-ubyte': idx([3], new Uint8Array(3)) },
    /labels-idx1-ubyte .*3 labels for 9 pictures/,
  ],
  [
    'a cut file',
    {
      ...digits('train', 9),
      'data/train-images-idx3-ubyte': digits('train', 9)['data/train-images-idx3-ubyte']!.subarray(0, 40),
    },
    /images-idx3-ubyte .*24 bytes of elements, 54 are announced/,
  ],
  ['damaged gzip', digits('train', 9, (bytes) => gzipSync(bytes).subarray(0, 30)), /damaged gzip/],
  ['no IDX', { ...digits('train', 9), 'data/train-images-idx3-ubyte': 'hello, world, hello' }, /not an IDX file/],
])('IDX with %s is refused, by name', async (_what, files, words) => {
  await expect(workspaceWith(files).featurize('data')).rejects.toThrow(fault('dataset-unreadable', words));
});

const batch = (labels: readonly number[]): Buffer =>
  Buffer.concat(
    labels.map((label, row) =>
      Buffer.concat([
        Buffer.of(label),
        Buffer.alloc(1024, row),
        Buffer.alloc(1024, 100 + row),
        Buffer.alloc(1024, 200),
      ]),
    ),
  );

test('CIFAR-10 batches are read with their names, and the test batch stays the test part', async () => {
  const labels = Array.from({ length: 20 }, (_, at) => at % 2);
  const open = await workspaceWith({
    'data/cifar-10-batches-bin/data_batch_1.bin': batch(labels.slice(0, 10)),
    'data/cifar-10-batches-bin/data_batch_2.bin': batch(labels.slice(10)),
    'data/cifar-10-batches-bin/test_batch.bin': batch([1, 0]),
    'data/cifar-10-batches-bin/batches.meta.txt': 'airplane\nautomobile\n\n',
  }).featurize('data');
  expect(open.features).toMatchObject({
    classes: ['airplane', 'automobile'],
    inputShape: [3, 32, 32],
    rows: { test: 2 },
  });
  const [, second] = rowsOf(open, 'test');
  expect(second).toMatchObject({ name: 'cifar-10-batches-bin/test_batch.bin[1]', target: 0 });
  expect([second!.input[0], second!.input[1024], second!.input[3071]]).toEqual([1, 101, 200]);
});

test('a CIFAR batch that is cut is refused, by name', async () => {
  const files = { 'data/data_batch_1.bin': batch([0, 1]).subarray(0, 4000) };
  await expect(workspaceWith(files).featurize('data')).rejects.toThrow(
    fault('dataset-unreadable', /data_batch_1\.bin .*not whole records/),
  );
});
