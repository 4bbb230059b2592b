import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchWorkspace, type FileNews } from '../../../sidecar/workspace/watch.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const watched = async (root: string) => {
  const news: FileNews[] = [];
  onTestFinished((await watchWorkspace(root, (one) => void news.push(one))).stop);
  return news;
};

test('pointers and configurations are told of when they come, change and go', async () => {
  const root = freshFolder();
  mkdirSync(join(root, 'config'));
  writeFileSync(join(root, 'config/training.yaml'), 'a');
  const news = await watched(root);
  writeFileSync(join(root, 'data.dvc'), 'x');
  await vi.waitFor(() => expect(news).toContainEqual({ path: 'data.dvc', kind: 'pointer', change: 'added' }));
  writeFileSync(join(root, 'config/training.yaml'), 'b');
  await vi.waitFor(() =>
    expect(news).toContainEqual({ path: 'config/training.yaml', kind: 'configuration', change: 'changed' }),
  );
  rmSync(join(root, 'data.dvc'));
  await vi.waitFor(() => expect(news).toContainEqual({ path: 'data.dvc', kind: 'pointer', change: 'removed' }));
});

test('data, tools and what a link leads to are not looked into', async () => {
  const root = freshFolder();
  const outside = freshFolder();
  for (const folder of ['data', 'node_modules/x', '.git']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'data.dvc'), 'x');
  symlinkSync(outside, join(root, 'link'));
  const news = await watched(root);
  for (const folder of ['data', 'node_modules/x', '.git', 'link'])
    writeFileSync(join(root, folder, 'training.yaml'), 'a');
  writeFileSync(join(root, 'notes.txt'), 'a');
  await wait(300);
  expect(news).toEqual([]);
});

test('a folder with very many files is data, unless a pointer or a configuration is among them', async () => {
  const root = freshFolder();
  for (const folder of ['images', 'configs']) {
    mkdirSync(join(root, folder, 'more'), { recursive: true });
    for (let at = 0; at < 600; at += 1) writeFileSync(join(root, folder, `${at}`), '');
    writeFileSync(join(root, folder, 'more/training.yaml'), 'a');
  }
  writeFileSync(join(root, 'configs/a.training.yaml'), 'a');
  const news = await watched(root);
  appendFileSync(join(root, 'images/more/training.yaml'), 'b');
  appendFileSync(join(root, 'configs/more/training.yaml'), 'b');
  await vi.waitFor(() => expect(news.map(({ path }) => path)).toEqual(['configs/more/training.yaml']));
});
