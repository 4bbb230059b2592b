import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { expect, onTestFinished, test } from 'vitest';
import { builtInOf, isBuiltIn, type BuiltIn } from '../../../sidecar/datasets/built-in.ts';
import { fetchBuiltIn } from '../../../sidecar/datasets/fetch-built-in.ts';
import { freshFolder } from '../../support/fresh-folder.ts';
import { recordedContext } from '../../support/job-context.ts';
import { rowsOf, workspaceWith } from './workspace.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** Labels before red, green and blue planes of 32 × 32. */
const record = (labels: readonly number[], red: number): Buffer =>
  Buffer.concat([Buffer.from(labels), Buffer.alloc(1024, red), Buffer.alloc(1024, 100), Buffer.alloc(1024, 200)]);

const cifar100Files: Readonly<Record<string, Buffer>> = {
  'coarse_label_names.txt': Buffer.from('mammals\nfish\n'),
  'fine_label_names.txt': Buffer.from('beaver\nray\nshark\n'),
  'train.bin': Buffer.concat(Array.from({ length: 30 }, (_, at) => record([at % 2, at % 3], at))),
  'test.bin': Buffer.concat([record([1, 2], 77), record([0, 0], 78)]),
};

const archiveOf = async (files: Readonly<Record<string, Buffer>>, folder = 'cifar-100-binary/'): Promise<Buffer> => {
  const entries = Object.entries(files).map(([name, bytes]) => ({
    header: { name: folder + name, size: bytes.length, type: 'file' as const },
    body: new Uint8Array(bytes),
  }));
  return gzipSync(await packTar(entries));
};

/** A small CIFAR-100 with the checksum of its own archive. */
const smallCifar100 = (archive: Buffer): BuiltIn => ({
  ...builtInOf('cifar100'),
  files: [{ name: 'cifar-100-binary.tar.gz', checksum: { algorithm: 'md5', digest: md5(archive) } }],
});

const idx = (dims: readonly number[], data: Uint8Array): Buffer => {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.writeUInt32BE(0x0800 + dims.length);
  for (const [at, dim] of dims.entries()) head.writeUInt32BE(dim, 4 + 4 * at);
  return Buffer.concat([head, data]);
};

/** Ten classes, each as often as the others; every picture is of its row's number. */
const fashionFiles = (): Readonly<Record<string, Buffer>> => {
  const part = (prefix: string, rows: number) => ({
    [`${prefix}-images-idx3-ubyte.gz`]: gzipSync(
      idx(
        [rows, 4, 4],
        Uint8Array.from({ length: rows * 16 }, (_, at) => Math.floor(at / 16) % 256),
      ),
    ),
    [`${prefix}-labels-idx1-ubyte.gz`]: gzipSync(
      idx(
        [rows],
        Uint8Array.from({ length: rows }, (_, at) => at % 10),
      ),
    ),
  });
  return { ...part('train', 100), ...part('t10k', 20) };
};

const smallFashion = (files: Readonly<Record<string, Buffer>>): BuiltIn => ({
  ...builtInOf('fashion-mnist'),
  files: builtInOf('fashion-mnist').files.map(({ name }) => ({
    name,
    checksum: { algorithm: 'md5', digest: md5(files[name]!) },
  })),
});

/** A mirror that breaks off every first answer about a file in its middle, and goes on where it is asked to. */
const mirrorOf = async (files: Readonly<Record<string, Buffer>>) => {
  const requests: string[] = [];
  const begun = new Set<string>();
  const server = createServer((request, response) => {
    const name = basename(request.url ?? '');
    const bytes = files[name];
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    requests.push(`${name} ${from}`);
    if (bytes === undefined) return void response.writeHead(404).end();
    const rest = bytes.subarray(from);
    const range = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { etag: '"1"', 'content-length': rest.length, ...range });
    if (begun.has(name)) return void response.end(rest);
    begun.add(name);
    response.write(rest.subarray(0, Math.ceil(rest.length / 2)));
    setTimeout(() => response.socket?.destroy(), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/mirror/`, requests };
};

const orderFor = (name: 'cifar100' | 'fashion-mnist' | 'cifar10', source: string | null) => {
  const root = freshFolder();
  return { name, source, root, cacheFolder: join(root, 'cache') };
};

const namesIn = (folder: string) => readdirSync(folder).toSorted();

test('CIFAR-100 comes from a mirror whose connection breaks off, and is learned by its fine labels', async () => {
  const archive = await archiveOf({ ...cifar100Files, 'file.txt~': Buffer.from('left behind') });
  const mirror = await mirrorOf({ 'cifar-100-binary.tar.gz': archive });
  const order = orderFor('cifar100', mirror.url);
  const { context, fractions } = recordedContext();
  const folder = await fetchBuiltIn(order, context, smallCifar100(archive));
  expect(mirror.requests[0]).toBe('cifar-100-binary.tar.gz 0');
  expect(Number(mirror.requests[1]!.split(' ')[1])).toBeGreaterThan(0);
  expect(namesIn(folder)).toEqual(Object.keys(cifar100Files).toSorted());
  expect(fractions.at(-2)).toBe(1);
  expect(existsSync(join(order.cacheFolder, 'downloads', 'cifar100'))).toBe(false);

  const workspace = workspaceWith(
    Object.fromEntries(namesIn(folder).map((name) => [`data/${name}`, readFileSync(join(folder, name))])),
  );
  const open = await workspace.featurize('data');
  expect(open.features).toMatchObject({
    classes: ['beaver', 'ray', 'shark'],
    inputShape: [3, 32, 32],
    rows: { test: 2 },
  });
  const [first] = rowsOf(open, 'test');
  expect(first).toMatchObject({ name: 'test.bin[0]', target: 2 });
  expect([first!.input[0], first!.input[1024], first!.input[3071]]).toEqual([77, 100, 200]);
});

test('what was fetched once is used without a network', async () => {
  const archive = await archiveOf(cifar100Files);
  const mirror = await mirrorOf({ 'cifar-100-binary.tar.gz': archive });
  const order = orderFor('cifar100', `${mirror.url}cifar-100-binary.tar.gz`);
  const { context } = recordedContext();
  const folder = await fetchBuiltIn(order, context, smallCifar100(archive));
  const asked = mirror.requests.length;
  expect(await fetchBuiltIn({ ...order, source: null }, context, smallCifar100(archive))).toBe(folder);
  expect(mirror.requests).toHaveLength(asked);
});

test('two that fetch at once bring one data set, and leave nothing else', async () => {
  const files = fashionFiles();
  const mirror = await mirrorOf(files);
  const order = orderFor('fashion-mnist', mirror.url);
  const { context } = recordedContext();
  const both = await Promise.all([1, 2].map(() => fetchBuiltIn(order, context, smallFashion(files))));
  expect(new Set(both).size).toBe(1);
  expect(namesIn(join(order.cacheFolder, 'datasets'))).toEqual(['fashion-mnist']);
});

test('Fashion-MNIST brings the names of its classes, and its official test part stays one', async () => {
  const files = fashionFiles();
  const source = freshFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(source, name), bytes);
  const order = orderFor('fashion-mnist', pathToFileURL(source).href);
  const folder = await fetchBuiltIn(order, recordedContext().context, smallFashion(files));
  const workspace = workspaceWith(
    Object.fromEntries(namesIn(folder).map((name) => [`data/${name}`, readFileSync(join(folder, name))])),
  );
  const { features } = await workspace.featurize('data');
  expect(features.classes.slice(0, 2)).toEqual(['T-shirt/top', 'Trouser']);
  expect(features).toMatchObject({ inputShape: [1, 4, 4], rows: { train: 89, validation: 11, test: 20 } });
  expect(namesIn(source)).toEqual(Object.keys(files).toSorted());
});

test('a folder with the unpacked files is used where it lies, by a path of the workspace too', async () => {
  const order = orderFor('cifar100', './unpacked');
  mkdirSync(join(order.root, 'unpacked'));
  for (const [name, bytes] of Object.entries(cifar100Files)) writeFileSync(join(order.root, 'unpacked', name), bytes);
  const { context, lines } = recordedContext();
  expect(await fetchBuiltIn(order, context)).toBe(join(order.root, 'unpacked'));
  expect(lines[0]).toContain('no checksum is compared');
  expect(existsSync(order.cacheFolder)).toBe(false);
});

test('an archive that would write elsewhere writes into its own folder or not at all', async () => {
  const archive = await archiveOf(cifar100Files, '../../../../');
  const source = freshFolder();
  writeFileSync(join(source, 'cifar-100-binary.tar.gz'), archive);
  const order = orderFor('cifar100', source);
  const folder = await fetchBuiltIn(order, recordedContext().context, smallCifar100(archive));
  expect(namesIn(folder)).toEqual(Object.keys(cifar100Files).toSorted());
  expect(namesIn(order.root)).toEqual(['cache']);
});

test.each([
  [
    'lacks a file',
    async () => archiveOf({ 'train.bin': cifar100Files['train.bin']! }),
    /lacks coarse_label_names\.txt/,
  ],
  ['is cut', async () => (await archiveOf(cifar100Files)).subarray(0, 300), /damaged archive/],
  ['is none', () => Promise.resolve(Buffer.from('hello')), /damaged archive/],
])('an archive that %s is refused, and nothing of it is kept', async (_what, make, words) => {
  const archive = await make();
  const source = freshFolder();
  writeFileSync(join(source, 'cifar-100-binary.tar.gz'), archive);
  const order = orderFor('cifar100', source);
  await expect(fetchBuiltIn(order, recordedContext().context, smallCifar100(archive))).rejects.toThrow(
    fault('dataset-unreadable', words),
  );
  expect(namesIn(join(order.cacheFolder, 'datasets'))).toEqual([]);
});

test.each([
  ['with other bytes', (folder: string) => writeFileSync(join(folder, 'cifar-10-binary.tar.gz'), 'other'), /md5/],
  ['without the files', () => undefined, /holds neither cifar-10-binary\.tar\.gz nor batches\.meta\.txt/],
])('a source %s is refused by the checksum or by name', async (_what, prepare, words) => {
  const source = freshFolder();
  prepare(source);
  const order = orderFor('cifar10', source);
  await expect(fetchBuiltIn(order, recordedContext().context)).rejects.toThrow(fault('download-failed', words));
  await expect(fetchBuiltIn({ ...order, source: './nowhere' }, recordedContext().context)).rejects.toThrow(
    fault('download-failed', /no such folder/),
  );
});

test('a name means a built-in data set only as it is written', () => {
  expect(['cifar10', 'mnist', './mnist', 'toString', 'data/mnist'].map(isBuiltIn)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
