import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { pointedData } from '../../../../sidecar/versions/dvc/pointed-data.ts';
import { MD5_IN_ROW_BYTES } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from '../working/data-set.ts';

const md5 = (bytes: string | Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** As Python writes it. */
const listingOf = (files: Readonly<Record<string, string | Uint8Array>>): string =>
  `[${Object.keys(files)
    .toSorted()
    .map((path) => `{"md5": "${md5(files[path] ?? '')}", "relpath": "${path}"}`)
    .join(', ')}]`;

test('what DVC names a folder by is noted while its files are read, unless the MD5 of a large one is missing', async () => {
  const large = Buffer.alloc(MD5_IN_ROW_BYTES + 1, 7);
  const data = dataSetOf(freshFolder());
  const files: Record<string, string | Uint8Array> = { 'a.txt': 'one', 'b/c.txt': 'two' };
  data.layOut(files);
  const small = await data.take();
  expect(data.open().md5s.get(small.version)).toBe(md5(listingOf(files)));
  expect(pointedData(data.open(), small.version).md5).toBe(`${md5(listingOf(files))}.dir`);

  files['large.bin'] = large;
  data.layOut(files);
  const more = await data.take();
  expect(data.open().md5s.get(more.version)).toBe(undefined);
  expect(pointedData(data.open(), more.version).md5).toBe(`${md5(listingOf(files))}.dir`);

  // By now it is known.
  files['a.txt'] = 'three';
  data.layOut(files);
  const last = await data.take();
  expect(data.open().md5s.get(last.version)).toBe(md5(listingOf(files)));
});
