import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchData } from '../../../sidecar/workspace/watch-data.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const LONGER_THAN_SETTLING_MS = 800;

const watched = (root: string, mostFolders = 100) => {
  const told: string[] = [];
  const watch = watchData({ root, tell: (path) => void told.push(path), mostFolders });
  onTestFinished(watch.stop);
  return { told, ...watch };
};

const imageFolder = (): string => {
  const root = freshFolder();
  for (const name of ['cat', 'dog']) mkdirSync(join(root, 'images', name), { recursive: true });
  writeFileSync(join(root, 'images/cat/1.png'), 'a');
  return root;
};

test('a change to, and the coming and going of, a file in any folder of the data set is told, many at once only once', async () => {
  const root = imageFolder();
  const { told, follow } = watched(root);
  expect(await follow('images')).toEqual({ folders: 4, complete: true, lookEveryMs: null });
  for (let at = 0; at < 20; at += 1) appendFileSync(join(root, 'images/cat/1.png'), 'b');
  await vi.waitFor(() => expect(told).toEqual(['images']), { timeout: 3_000 });
  writeFileSync(join(root, 'images/dog/1.png'), 'a');
  await vi.waitFor(() => expect(told.length).toBe(2), { timeout: 3_000 });
  rmSync(join(root, 'images/dog/1.png'));
  await vi.waitFor(() => expect(told.length).toBe(3), { timeout: 3_000 });
});

test('what happens beside the data set, or behind a link in it, is not told', async () => {
  const root = imageFolder();
  const outside = freshFolder();
  symlinkSync(outside, join(root, 'images/link'));
  const { told, follow } = watched(root);
  await follow('images');
  writeFileSync(join(root, 'notes.txt'), 'a');
  writeFileSync(join(outside, 'a.png'), 'a');
  await wait(LONGER_THAN_SETTLING_MS);
  expect(told).toEqual([]);
});

test('the coming of a folder is told, and its files from the next look on', async () => {
  const root = imageFolder();
  const { told, follow } = watched(root);
  await follow('images');
  mkdirSync(join(root, 'images/cow'));
  await vi.waitFor(() => expect(told.length).toBe(1), { timeout: 3_000 });
  expect((await follow('images')).folders).toBe(5);
  writeFileSync(join(root, 'images/cow/1.png'), 'a');
  await vi.waitFor(() => expect(told.length).toBe(2), { timeout: 3_000 });
  rmSync(join(root, 'images/cow'), { recursive: true });
  expect((await follow('images')).folders).toBe(4);
});

test('a table is watched through the folder it lies in, so that replacing the file is heard too', async () => {
  const root = freshFolder();
  writeFileSync(join(root, 'rows.csv'), 'a');
  const { told, follow } = watched(root);
  await follow('rows.csv');
  writeFileSync(join(root, 'rows.csv.new'), 'b');
  await wait(LONGER_THAN_SETTLING_MS);
  expect(told).toEqual([]);
  renameSync(join(root, 'rows.csv.new'), join(root, 'rows.csv'));
  await vi.waitFor(() => expect(told).toEqual(['rows.csv']), { timeout: 3_000 });
});

test('data that is not there yet is told of when it comes', async () => {
  const root = freshFolder();
  const { told, follow } = watched(root);
  expect((await follow('images')).complete).toBe(true);
  mkdirSync(join(root, 'images'));
  await vi.waitFor(() => expect(told).toEqual(['images']), { timeout: 3_000 });
});

test('more folders than may be watched are said to be so', async () => {
  const root = freshFolder();
  for (let at = 0; at < 9; at += 1) mkdirSync(join(root, 'images', `${at}`), { recursive: true });
  const { follow } = watched(root, 5);
  expect(await follow('images')).toEqual({ folders: 6, complete: false, lookEveryMs: 300_000 });
});
