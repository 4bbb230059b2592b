import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

const take = (root: string, path = 'data', signal?: AbortSignal) => dataSetOf(root, { path }).take(signal);
const layOut = (root: string, files: Readonly<Record<string, string | Uint8Array>>) => dataSetOf(root).layOut(files);
const textsOf = async (root: string) => {
  const data = dataSetOf(root);
  return (await data.take()).manifest.files.map((file) => data.bytesOf(file).toString());
};
const refusal = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

/** Trees of a few files; keys are letters so that no path is file and folder at once. */
const trees = fc.dictionary(
  fc.tuple(fc.constantFrom('cat/', 'dog/', ''), fc.stringMatching(/^[a-z]{1,2}\.bin$/)).map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 20 }),
  { minKeys: 1, maxKeys: 5 },
);

test('equal bytes under equal names are one version, any other tree is another', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (first, second) => {
      const roots = [freshFolder(), freshFolder()] as const;
      layOut(roots[0], first);
      layOut(roots[1], second);
      const [a, b] = [await take(roots[0]), await take(roots[1])];
      const plain = (tree: object) =>
        JSON.stringify(
          Object.entries(tree)
            .map(([path, bytes]) => [path, [...(bytes as Uint8Array)]])
            .sort(),
        );
      expect(a.version === b.version).toBe(plain(first) === plain(second));
    }),
    { numRuns: 12 },
  );
});

test('one changed byte, one changed name and one executable bit are each another version', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello', 'sub/b.txt': 'world' });
  const hashes = [await take(root)];
  layOut(root, { 'a.txt': 'hellO' });
  hashes.push(await take(root));
  renameSync(join(root, 'data/sub/b.txt'), join(root, 'data/sub/c.txt'));
  hashes.push(await take(root));
  chmodSync(join(root, 'data/a.txt'), 0o755);
  hashes.push(await take(root));
  expect(new Set(hashes.map(({ version }) => version)).size).toBe(4);
});

test('every file is stored, whatever its size, and the data is untouched', async () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  const files = {
    'a.txt': 'hello',
    'deep/er/b.bin': Buffer.alloc(5 << 20, 7),
    empty: '',
    m: Buffer.alloc(1 << 20, 'xyz'),
  };
  data.layOut(files);
  const before = statSync(join(root, 'data/a.txt'), { bigint: true });
  const taken = await data.take();
  expect(taken).toMatchObject({ type: 'folder', files: 4, bytes: 5 + (5 << 20) + (1 << 20) });
  expect(taken.manifest.files.map(({ path }) => path)).toEqual(Object.keys(files));
  for (const file of taken.manifest.files) {
    expect(data.bytesOf(file).equals(Buffer.from(files[file.path as keyof typeof files]))).toBe(true);
  }
  expect(statSync(join(root, 'data/a.txt'), { bigint: true })).toMatchObject({
    ino: before.ino,
    mtimeNs: before.mtimeNs,
  });
});

test('the MD5 of a large file is known once it is versioned, and belongs to its version', async () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({ 'large.bin': Buffer.alloc(5_000_000, 'abc') });
  const [file] = (await data.take()).manifest.files;
  const [md5] = execFileSync('md5sum', [join(root, 'data/large.bin')], { encoding: 'utf8' }).split(' ');
  expect(data.open().md5s.get(file!.content)).toBe(md5);
});

test('a single file is a version under its own name', async () => {
  const root = freshFolder();
  layOut(root, { 'iris.csv': 'a,b\n1,2\n' });
  const { manifest } = await take(root, 'data/iris.csv');
  expect(manifest).toMatchObject({
    type: 'file',
    files: [{ path: 'iris.csv', md5: 'e5ebd4c02cefbe7955977c67ada242b7' }],
  });
});

test('what did not change is not read again', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello', 'b.txt': 'world' });
  await wait(150);
  const first = await take(root);
  const index = join(root, '.trainyard/indexes', readdirSync(join(root, '.trainyard/indexes'))[0]!);
  // It is written anew as soon as a single file was read.
  const before = statSync(index, { bigint: true });
  const second = await take(root);
  expect(second.version).toBe(first.version);
  expect(statSync(index, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
});

test('a file of the same size and time stamp that was written just now is read again', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello' });
  const file = join(root, 'data/a.txt');
  const { atime, mtime } = statSync(file);
  for (let turn = 0; turn < 20; turn++) {
    writeFileSync(file, `hell${turn % 10}`);
    utimesSync(file, atime, mtime);
    expect(await textsOf(root)).toEqual([`hell${turn % 10}`]);
  }
});

test('a damaged or foreign index costs time and nothing else', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello', 'b.txt': 'world' });
  await wait(150);
  const { version } = await take(root);
  const index = join(root, '.trainyard/indexes', readdirSync(join(root, '.trainyard/indexes'))[0]!);
  const whole = readFileSync(index);
  for (const bytes of [Buffer.alloc(0), Buffer.from('{'), Buffer.alloc(100, 1)]) {
    writeFileSync(index, bytes);
    expect((await take(root)).version).toBe(version);
  }
  for (let at = 0; at < whole.length; at += 7) {
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 4;
    writeFileSync(index, flipped);
    expect((await take(root)).version).toBe(version);
    writeFileSync(index, whole);
    truncateSync(index, at);
    expect((await take(root)).version).toBe(version);
  }
});

test('a lost store is filled again, whatever the index says', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello', 'b.txt': 'world' });
  await wait(150);
  await take(root);
  rmSync(join(root, '.trainyard/data'), { recursive: true });
  expect(await textsOf(root)).toEqual(['hello', 'world']);
});

test('Git, DVC and Trainyard folders inside the data are no data', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello', '.git/config': 'x', 'sub/.dvc/config': 'x', '.trainyard/y': 'z' });
  expect((await take(root)).manifest.files.map(({ path }) => path)).toEqual(['a.txt']);
});

test('folders that hold nothing are reported', async () => {
  const root = freshFolder();
  layOut(root, { 'cat/a.txt': 'hello' });
  mkdirSync(join(root, 'data/dog'));
  expect((await take(root)).emptyFolders).toEqual(['dog']);
});

test('a link inside the workspace is followed, one that leads out of it is refused by name', async () => {
  const root = freshFolder();
  const outside = freshFolder();
  writeFileSync(join(outside, 'secret'), 'secret');
  layOut(root, { 'a.txt': 'hello' });
  symlinkSync('a.txt', join(root, 'data/same.txt'));
  expect(await textsOf(root)).toEqual(['hello', 'hello']);
  symlinkSync(join(outside, 'secret'), join(root, 'data/out'));
  await expect(take(root)).rejects.toThrow(
    refusal('dataset-unreadable', /data\/out cannot be versioned: it is a link that leads out/),
  );
  rmSync(join(root, 'data/out'));
  symlinkSync('nowhere', join(root, 'data/out'));
  await expect(take(root)).rejects.toThrow(refusal('dataset-unreadable', /data\/out .* link to nothing/));
  rmSync(join(root, 'data/out'));
  symlinkSync(outside, join(root, 'data/out'));
  await expect(take(root)).rejects.toThrow(refusal('dataset-unreadable', /data\/out/));
  symlinkSync(outside, join(root, 'other'));
  await expect(take(root, 'other')).rejects.toThrow(
    refusal('dataset-unreadable', /other .*leads out of the workspace/),
  );
});

test('pipes, sockets and names that are no UTF-8 are refused by name, not waited for', async () => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello' });
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'data/pipe')]);
  await expect(take(root)).rejects.toThrow(refusal('dataset-unreadable', /data\/pipe .* a named pipe/));
  rmSync(join(root, 'data/pipe'));
  const server = createServer().listen(join(root, 'data/socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  await expect(take(root)).rejects.toThrow(refusal('dataset-unreadable', /data\/socket .* a socket/));
  await new Promise((resolve) => server.close(resolve));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/data/`), Buffer.from([0x66, 0xff, 0x66])]), 'x');
  await expect(take(root)).rejects.toThrow(refusal('dataset-unreadable', /name is not UTF-8/));
});

test.each(['nowhere', 'data/nowhere', 'data/a.txt/below'])('data that is not there is a fault: %s', async (path) => {
  const root = freshFolder();
  layOut(root, { 'a.txt': 'hello' });
  await expect(take(root, path)).rejects.toThrow(refusal('dataset-missing', /There is no data at/));
});

test.each(['..', '../elsewhere', '/etc/passwd', '.', 'data/../..'])(
  'a path that is not inside the workspace is refused: %s',
  async (path) => {
    const root = freshFolder();
    layOut(root, { 'a.txt': 'hello' });
    await expect(take(root, path)).rejects.toThrow(
      refusal('dataset-unreadable', /outside the workspace|whole workspace/),
    );
  },
);

test('an abort stops it and leaves no version', async () => {
  const root = freshFolder();
  layOut(root, Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}.txt`, String(at)])));
  await expect(take(root, 'data', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(readdirSync(root)).toEqual(['data']);
});

test('10,000 small files are versioned in about a second of a processor, and looked at again in less', async () => {
  const root = freshFolder();
  mkdirSync(join(root, 'data'));
  for (let at = 0; at < 10_000; at++) writeFileSync(join(root, `data/${at}.bin`), `${at}`.repeat(100));
  await wait(150);
  const seconds = [];
  for (let turn = 0; turn < 2; turn++) {
    const from = process.cpuUsage();
    expect((await take(root)).files).toBe(10_000);
    const { user, system } = process.cpuUsage(from);
    seconds.push((user + system) / 1e6);
  }
  expect(seconds[0]).toBeLessThan(5);
  expect(seconds[1]).toBeLessThan(1.5);
});
