import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { chunksOf, writeContent } from '../../../../sidecar/versions/tree/chunk-list.ts';
import { formerChunks } from '../../../../sidecar/versions/working/former-chunks.ts';
import { listOf, pathOf, unreadEntry } from '../../../../sidecar/versions/working/index-entry.ts';
import { lookAt } from '../../../../sidecar/versions/working/look.ts';
import { trustAll } from '../../../../sidecar/versions/working/look-part.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { noise } from '../store/noise.ts';
import { memoryBlobs } from '../tree/memory-blobs.ts';
import { dataSetOf } from './data-set.ts';

/** A file on disk that is other than the one whose list of chunks is stored. */
const changedFile = (former: Uint8Array) => {
  const blobs = memoryBlobs();
  const { content } = writeContent(blobs.openDraft(), [former]);
  const path = join(freshFolder(), 'table.csv');
  writeFileSync(path, noise(300_000, 2));
  return { blobs, content, entry: unreadEntry({ path: 'table.csv', stat: statSync(path) }, content) };
};

test('the chunks of a file as it was are those of its list', () => {
  const former = noise(20_000_000, 1);
  const { blobs, entry } = changedFile(former);
  const chunks = [...formerChunks(entry, blobs, recordedContext().context)];
  expect(chunks.map(({ id }) => id)).toEqual([...chunksOf([former])].map(chunkId));
});

test('a list that is not stored any more, or never was, gives none', () => {
  const { entry } = changedFile(noise(1_000_000, 1));
  expect([...formerChunks(entry, memoryBlobs(), recordedContext().context)]).toEqual([]);
  const path = join(freshFolder(), 'new.csv');
  writeFileSync(path, noise(300_000, 2));
  const fresh = unreadEntry({ path: 'new.csv', stat: statSync(path) });
  expect([...formerChunks(fresh, memoryBlobs(), recordedContext().context)]).toEqual([]);
});

test('a list that is damaged gives what is whole before the damage, and says what that costs', () => {
  const former = noise(20_000_000, 1);
  const { blobs, entry } = changedFile(former);
  const all = [...formerChunks(entry, blobs, recordedContext().context)];
  let read = 0;
  const harmed = { ...blobs, get: (id: Hash) => (++read === 3 ? memoryBlobs().get(id) : blobs.get(id)) };
  const said = recordedContext();
  const some = [...formerChunks(entry, harmed, said.context)];
  expect(some.length).toBeGreaterThan(0);
  expect(all.slice(0, some.length)).toEqual(some);
  expect(some.length).toBeLessThan(all.length);
  expect(said.lines).toEqual([expect.stringMatching(/^warn: table\.csv is looked through as if it were new/)]);
});

test('a look hands on what a large file was, and nothing of a small one', async () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({ 'large.bin': noise(300_000, 1), 'small.bin': noise(30_000, 1) });
  const { manifest } = await data.take();
  data.layOut({ 'large.bin': noise(310_000, 2), 'small.bin': noise(31_000, 2) });
  const order = { root, path: 'data', indexes: data.indexes, trust: trustAll, threadProgram: null };
  const look = await lookAt(order, recordedContext().context);
  const lists = [...look.entries()].map((entry) => [pathOf(entry), listOf(entry)]);
  look.discard();
  const large = manifest.files.find(({ path }) => path === 'large.bin');
  expect(lists).toEqual([
    ['large.bin', large?.content],
    ['small.bin', null],
  ]);
});
