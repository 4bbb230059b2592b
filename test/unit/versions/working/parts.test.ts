import { appendFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { PACK_BYTES } from '../../../../sidecar/versions/store/pack-file.ts';
import { contentChunks, createContents, writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { splitEntries, stampOf, toVersionFile, unreadEntry } from '../../../../sidecar/versions/working/index-entry.ts';
import { openNodeDraft } from '../../../../sidecar/versions/working/node-draft.ts';
import { PARTED_BYTES } from '../../../../sidecar/versions/working/parts.ts';
import { keepNothing } from '../../../../sidecar/versions/working/read-files.ts';
import { readInParts } from '../../../../sidecar/versions/working/read-in-parts.ts';
import { writeInParts } from '../../../../sidecar/versions/working/write-in-parts.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { noise } from '../store/noise.ts';
import { dataSetOf } from './data-set.ts';
import { twoHands } from './two-hands.ts';

const programs = new URL('../../../../sidecar/versions/working/', import.meta.url);
const threadProgram = fileURLToPath(new URL('data-worker.ts', programs));

/** A file on disk that two hands read into a store. */
const fileIn = (folder: string, bytes: Uint8Array) => {
  const path = join(folder, 'f');
  writeFileSync(path, bytes);
  const data = { type: 'folder' as const, path: 'data', absolute: folder };
  const entry = unreadEntry({ path: 'f', stat: statSync(path) });
  const store = join(folder, 'store');
  return {
    path,
    store,
    /** @param onPart is called when a part is asked for */
    read: async (partBytes: number, onPart: () => void = () => undefined) => {
      const told = { bytes: 0 };
      const draft = openBlobs(store).openDraft();
      const hands = twoHands({ role: 'read', data, store }, (bytes) => void (told.bytes += bytes));
      const ask: typeof hands.ask = (order) => {
        if (order.type === 'chunks') onPart();
        return hands.ask(order);
      };
      const lists = openNodeDraft(draft, hands.commit);
      const isKnown = openBlobs(store).has;
      const onBytes = (bytes: number) => void (told.bytes += bytes);
      const parted = { data, hands: { ...hands, ask }, lists, former: [], partBytes, isKnown, onBytes };
      const entries = await readInParts(entry, parted);
      await hands.commit();
      draft.commit();
      const [read] = [...splitEntries(entries)].map(toVersionFile);
      return { read, told: told.bytes };
    },
  };
};

/** Random bytes, bytes that repeat, and one byte alone, one behind the other. */
const contents = fc
  .array(
    fc.record({
      seed: fc.nat(500),
      size: fc.integer({ min: 1, max: 400_000 }),
      kind: fc.constantFrom('noise', 'rows', 'byte'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((pieces) =>
    Buffer.concat(
      pieces.map(({ seed, size, kind }) => {
        if (kind === 'noise') return noise(size, seed);
        return Buffer.alloc(size, kind === 'rows' ? `${seed},0,C,{"b":*}\n` : String.fromCharCode(seed % 128));
      }),
    ),
  );

test('a file that is read in parts has the name that it has when it is read at once, and all of its chunks', async () => {
  await fc.assert(
    fc.asyncProperty(contents, fc.integer({ min: 1, max: 500_000 }), async (bytes, partBytes) => {
      fc.pre(bytes.length > 131_072);
      const { read, told } = await fileIn(freshFolder(), bytes).read(partBytes);
      expect(read).toMatchObject({ ...writeContent(keepNothing, [bytes]), path: 'f', md5: null });
      expect(told).toBe(bytes.length);
    }),
    { numRuns: 25 },
  );
  const bytes = noise(3_000_000, 6);
  const file = fileIn(freshFolder(), bytes);
  const { read } = await file.read(200_000);
  expect(createContents(openBlobs(file.store)).get(read!).equals(bytes)).toBe(true);
});

test('hands are given what is new: nothing of a file that is stored, nor of one with a small edit', async () => {
  const bytes = noise(3_000_000, 9);
  const file = fileIn(freshFolder(), bytes);
  const askedFor = async (): Promise<number> => {
    let asked = 0;
    const { told } = await file.read(100_000, () => (asked += 1));
    expect(told).toBe(bytes.length);
    return asked;
  };
  expect(await askedFor()).toBeGreaterThan(1);
  expect(await askedFor()).toBe(0);
  bytes[1_500_000]! ^= 1;
  const edited = fileIn(freshFolder(), bytes);
  renameSync(file.store, edited.store);
  let asked = 0;
  const { read } = await edited.read(100_000, () => (asked += 1));
  expect(asked).toBe(0);
  expect(createContents(openBlobs(edited.store)).get(read!).equals(bytes)).toBe(true);
});

test('a file that is changed, replaced or cut off while its parts are read is read again, and no mixture is named', async () => {
  const [before, after] = [noise(1_500_000, 1), noise(1_500_000, 2)];
  const changes: Readonly<Record<string, (path: string) => Buffer>> = {
    appended: (path) => {
      appendFileSync(path, 'more');
      return Buffer.concat([before, Buffer.from('more')]);
    },
    replaced: (path) => {
      writeFileSync(`${path}.new`, after);
      renameSync(`${path}.new`, path);
      return after;
    },
    'cut off': (path) => {
      writeFileSync(path, after.subarray(0, 700_000));
      return after.subarray(0, 700_000);
    },
  };
  for (const [how, change] of Object.entries(changes)) {
    for (const fatal of [1, 3, 6]) {
      const file = fileIn(freshFolder(), before);
      let asked = 0;
      let now = before;
      const { read } = await file.read(100_000, () => {
        asked += 1;
        if (asked === fatal) now = change(file.path);
      });
      expect([how, read?.content]).toEqual([how, writeContent(keepNothing, [now]).content]);
      expect(createContents(openBlobs(file.store)).get(read!).equals(now)).toBe(true);
    }
  }
  const file = fileIn(freshFolder(), before);
  expect((await file.read(100_000, () => rmSync(file.path, { force: true }))).read).toBeUndefined();
});

test('a list of chunks is not seen before its chunks, however many nodes there are', async () => {
  const folder = freshFolder();
  const draft = openBlobs(folder).openDraft();
  let areChunksDurable = false;
  const lists = openNodeDraft(draft, () => {
    areChunksDurable = true;
    return Promise.resolve();
  });
  const node = (at: number) => at.toString(16).padStart(64, '0') as Parameters<typeof draft.put>[0];
  for (let at = 0; at * 1_000_000 < 1.5 * PACK_BYTES; at++) {
    lists.put(node(at), 'node', noise(1_000_000, at));
    await lists.settle();
    expect(openBlobs(folder).has(node(0))).toBe(areChunksDurable);
  }
  expect(areChunksDurable).toBe(true);
  draft.discard();
});

test('a file that is written in parts has its bytes and its mode, and damage anywhere in it is told', async () => {
  const bytes = noise(9_000_000, 8);
  const folder = freshFolder();
  const blobs = openBlobs(join(folder, 'store'));
  const draft = blobs.openDraft();
  const { content } = writeContent(draft, [bytes]);
  draft.commit();
  const file = { content, size: bytes.length, path: 'a/b', executable: true, md5: null };
  const write = (to: string, source: Parameters<typeof writeInParts>[1]['blobs'] = blobs) => {
    const target = { folder: join(folder, to), mode: 0o444 };
    const hands = twoHands({ role: 'write', store: join(folder, 'store'), ...target });
    return writeInParts(file, { hands, blobs: source, ...target });
  };
  const stamp = await write('sound');
  expect(stamp).toMatchObject(stampOf(unreadEntry({ path: 'b', stat: statSync(join(folder, 'sound/a/b')) })));
  expect(readFileSync(join(folder, 'sound/a/b')).equals(bytes)).toBe(true);
  expect(statSync(join(folder, 'sound/a/b')).mode & 0o777).toBe(0o555);

  const last = [...contentChunks(blobs, file)].at(-1)!;
  for (const [what, id] of [
    ['chunk', last.id],
    ['node', content],
  ] as const) {
    const place = blobs.locate(id)!;
    const pack = join(folder, 'store/packs', `${place.pack}.pack`);
    const stored = readFileSync(pack);
    const flipped = Buffer.from(stored);
    flipped[place.offset]! ^= 1;
    writeFileSync(pack, flipped);
    expect([what, await write(what, openBlobs(join(folder, 'store')))]).toEqual([what, null]);
    writeFileSync(pack, stored);
  }
});

test('threads share the work on a large file, there and back, and damage is told by its path', async () => {
  const root = freshFolder();
  const data = dataSetOf(root, { threadProgram });
  const bytes = Buffer.alloc(2 * PARTED_BYTES + 77, noise(3_000_000, 3));
  data.layOut({ 'large.bin': bytes, 'small.bin': 'small' });
  const { version, manifest } = await data.take();
  const [large] = manifest.files;
  expect(large!.content).toBe(writeContent(keepNothing, [bytes]).content);
  expect(await data.verify(version)).toEqual([]);
  expect((await data.status(version)).difference.files).toEqual([]);
  rmSync(join(root, 'data/large.bin'));
  expect(await data.restore(version)).toMatchObject({ written: 1, removed: 0 });
  expect(readFileSync(join(root, 'data/large.bin')).equals(bytes)).toBe(true);

  const { blobs, folder } = data.open();
  const { pack, offset } = blobs.locate([...contentChunks(blobs, large!)].at(-1)!.id)!;
  const path = join(folder, 'packs', `${pack}.pack`);
  const stored = readFileSync(path);
  stored[offset]! ^= 1;
  writeFileSync(path, stored);
  rmSync(join(root, 'data/large.bin'));
  await expect(data.restore(version)).rejects.toThrow(
    expect.objectContaining({ code: 'version-damaged', message: expect.stringContaining('large.bin') as string }),
  );
  expect(readFileSync(join(root, 'data/small.bin'), 'utf8')).toBe('small');
});

test('no version is named while a thread has not made its chunks durable', async () => {
  const root = freshFolder();
  const full = fileURLToPath(new URL('full-disk-worker.ts', import.meta.url));
  const data = dataSetOf(root, { threadProgram: full });
  data.layOut({ 'large.bin': Buffer.alloc(2 * PARTED_BYTES, noise(3_000_000, 4)) });
  await expect(data.take()).rejects.toThrow('no space left on device');
  const { content } = writeContent(keepNothing, [readFileSync(join(root, 'data/large.bin'))]);
  expect(data.open().blobs.has(content)).toBe(false);
  const again = dataSetOf(root, { threadProgram });
  expect(await again.verify((await again.take()).version)).toEqual([]);
});
