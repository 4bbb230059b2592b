import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inScratch } from '../../../../sidecar/pipeline/1-version/scratch.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

test('temporary files are gone when the work has ended or failed', async () => {
  const folder = join(freshFolder(), 'derived');
  const work = (scratch: string) => {
    writeFileSync(join(scratch, 'part'), 'x');
    return Promise.resolve(readdirSync(folder).length);
  };
  expect(await inScratch(folder, 'checking', work)).toBe(1);
  const failing = inScratch(folder, 'comparing', (scratch) => {
    writeFileSync(join(scratch, 'part'), 'x');
    return Promise.reject(new Error('no space'));
  });
  await expect(failing).rejects.toThrow('no space');
  expect(readdirSync(folder)).toEqual([]);
});

test('what a killed process left goes a day later, and nothing else does', async () => {
  const folder = freshFolder();
  const [old, now] = [new Date(Date.now() - 25 * 3_600_000), new Date()];
  const put = (name: string, at: Date, isFolder: boolean) => {
    const path = join(folder, name);
    if (isFolder) mkdirSync(path);
    else writeFileSync(path, '');
    utimesSync(path, at, at);
  };
  put('comparing-Ab12Cd', old, true);
  put('checking-Ab12Cd', old, true);
  put('.0f8fad5b-d9cb-469f-a165-70867728950e.tmp', old, false);
  put('comparing-Zz12Cd', now, true);
  put('picture-hashes.bin', old, false);
  put('differences', old, true);
  await inScratch(folder, 'comparing', () => Promise.resolve());
  expect(readdirSync(folder).sort()).toEqual(['comparing-Zz12Cd', 'differences', 'picture-hashes.bin']);
});
