import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { guessFiles, shareWalk } from '../../../../sidecar/versions/working/walk.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const sound = program('../../../../sidecar/versions/working/data-worker.ts');
const dying = program('dying-worker.ts');

const filesOf = (text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`${at % 40}/${at}`, `${text} ${at}`]));

test.each<readonly [what: string, threadProgram: string, links: readonly string[], message: string]>([
  ['file that cannot be versioned', sound, ['data/20/link'], 'it is a link to nothing'],
  ['thread that dies', dying, [], 'out of memory, as planted'],
])(
  'threads that looked at files that differ leave nothing behind on disk after a %s',
  async (...args) => {
    const [, threadProgram, links, message] = args;
    const root = freshFolder();
    const [one, many] = [dataSetOf(root), dataSetOf(root, { threadProgram, sharedIndexBytes: 1 })];
    one.layOut(filesOf('once'));
    const { version } = await one.take();
    one.layOut(filesOf('and again'));
    for (const link of links) symlinkSync('nowhere', join(root, link));
    await expect(many.status(version)).rejects.toThrow(message);
    expect(readdirSync(one.indexes)).toEqual(['3a6eb0790f39ac87.index']);
  },
  60_000,
);

test('data that nobody has looked at yet is shared out to threads when it seems to be much', async () => {
  const root = freshFolder();
  const share = { sharedFiles: 400, sharedIndexBytes: 1e9 };
  const many = dataSetOf(root, { threadProgram: sound, ...share });
  many.layOut(filesOf('once'));
  mkdirSync(join(root, 'data/7/empty'));
  const taken = await many.take();
  expect(taken.emptyFolders).toEqual(['7/empty']);
  expect(taken.manifest.files.map(({ path }) => path)).toEqual(Object.keys(filesOf('once')).toSorted());
  const noThreads = { threadProgram: join(root, 'nothing.js') };
  // What is known is looked at here, and so is what seems to be less.
  expect((await dataSetOf(root, { ...noThreads, ...share }).take()).version).toBe(taken.version);
  rmSync(many.indexes, { recursive: true });
  expect((await dataSetOf(root, { ...noThreads, sharedFiles: 401 }).take()).version).toBe(taken.version);
  rmSync(many.indexes, { recursive: true });
  await expect(dataSetOf(root, { ...noThreads, ...share }).take()).rejects.toThrow('nothing.js');
  rmSync(join(root, '.trainyard'), { recursive: true });
  expect((await dataSetOf(root).take()).version).toBe(taken.version);
}, 60_000);

test('how many files there are is guessed from a few folders; what lies deeper does not count', () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  const guess = () => guessFiles(shareWalk(root, 'data'));
  data.layOut({ 'a.txt': '1', 'b.txt': '2' });
  expect(guess()).toBe(2);
  data.layOut(Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`${at % 100}/${at}`, `${at}`])));
  expect(guess()).toBe(702);
  for (let at = 0; at < 100; at++) data.layOut({ [`${at}/deep/${at}`]: '', [`${at}/deep/more`]: '' });
  expect(guess()).toBe(802);
  const listed = shareWalk(root, 'data');
  data.clear();
  expect(guessFiles(listed)).toBe(2);
});

test('an index that outlives the tree of its version does not keep it from being stored again', async () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({ 'a.txt': 'one', 'b/c.txt': 'two' });
  await data.take();
  await new Promise((resolve) => setTimeout(resolve, 250));
  const { version } = await data.take();
  const pack = data.open().blobs.locate(version)?.pack ?? '';
  for (const part of ['pack', 'index']) rmSync(join(root, `.trainyard/data/packs/${pack}.${part}`));
  expect(data.open().blobs.has(version)).toBe(false);
  expect((await data.take()).manifest.files.map(({ path }) => path)).toEqual(['a.txt', 'b/c.txt']);
});
