import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { collect, type CollectOrder } from '../../../../sidecar/versions/store/collect.ts';
import { createContents, writeContent } from '../../../../sidecar/versions/tree/contents.ts';
import { markVersions } from '../../../../sidecar/versions/tree/mark.ts';
import { readFiles, writeVersion, type VersionFile } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { noise } from './noise.ts';
import { saveVersion } from './random-version.ts';

const HOUR = 3_600_000;
const { context } = recordedContext();

/** Makes everything that is stored two days older: packs, names of saved versions, the trash. */
const age = (folder: string, places = ['packs', 'recent', 'trash']): void => {
  for (const place of places) {
    for (const name of existsSync(join(folder, place)) ? readdirSync(join(folder, place)) : []) {
      const path = join(folder, place, name);
      const then = new Date(statSync(path).mtimeMs - 48 * HOUR);
      utimesSync(path, then, then);
    }
  }
};

const collectFor = (folder: string, versions: readonly Hash[], more: Partial<CollectOrder> = {}) =>
  collect(
    {
      folder,
      mark: (recent, live) => {
        const roots = [...versions, ...recent].map((version) => ({ version, name: version }));
        markVersions(openBlobs(folder), roots, live);
      },
      graceMs: 24 * HOUR,
      dryRun: false,
      now: Date.now(),
      ...more,
    },
    context,
  );

/** Two days later. */
const collectLater = (folder: string, versions: readonly Hash[], more: Partial<CollectOrder> = {}) => {
  age(folder);
  return collectFor(folder, versions, more);
};

const filesOf = (...seeds: number[]): Map<string, Buffer> =>
  new Map(seeds.sort((a, b) => a - b).map((seed) => [`${String(seed).padStart(4, '0')}.bin`, noise(3_000, seed)]));

const expectWhole = (folder: string, version: Hash, files: ReadonlyMap<string, Buffer>): void => {
  const blobs = openBlobs(folder);
  const contents = createContents(blobs);
  const rows = [...readFiles(blobs, version)];
  expect(rows.map(({ path }) => path)).toEqual([...files.keys()]);
  for (const row of rows) expect(contents.get(row).equals(files.get(row.path)!)).toBe(true);
};

const packsIn = (folder: string, place = 'packs'): string[] =>
  existsSync(join(folder, place)) ? readdirSync(join(folder, place)).filter((name) => name.endsWith('.pack')) : [];

test('what no version needs goes, what one needs stays', async () => {
  const folder = freshFolder();
  const kept = filesOf(1, 2, 3, 4, 5, 6, 7, 8);
  const live = saveVersion(folder, kept);
  saveVersion(folder, filesOf(101, 102, 103));
  const dry = await collectLater(folder, [live], { dryRun: true });
  expect(dry.packs.map(({ fate }) => fate).sort()).toEqual(['dead', 'dead', 'live', 'live']);
  expect(packsIn(folder).length).toBe(4);
  const { retired, freed } = await collectFor(folder, [live]);
  expect(retired).toBeGreaterThan(9_000);
  expect(freed).toBe(0);
  expect(packsIn(folder).length).toBe(2);
  expectWhole(folder, live, kept);
  const later = await collectLater(folder, [live]);
  expect(later.freed).toBeGreaterThan(9_000);
  expect(readdirSync(join(folder, 'trash'))).toEqual([]);
  expectWhole(folder, live, kept);
});

test('nothing younger than the grace is taken, and a version of the last day lives without a pointer', async () => {
  const folder = freshFolder();
  const files = filesOf(1, 2);
  const version = saveVersion(folder, files);
  await collectFor(folder, []);
  expectWhole(folder, version, files);
  // Its packs are old, but it was saved again without anything new.
  age(folder);
  saveVersion(folder, files);
  const { packs } = await collectFor(folder, []);
  expect(packs.map(({ fate }) => fate)).toEqual(['live', 'live']);
  expectWhole(folder, version, files);
});

test('a pack of which less than 60 % is needed is written anew, one of which more is needed is not', async () => {
  const folder = freshFolder();
  const many = filesOf(...Array.from({ length: 20 }, (_, at) => at));
  saveVersion(folder, many);
  const half = filesOf(...Array.from({ length: 8 }, (_, at) => at * 2));
  const live = saveVersion(folder, half);
  const before = packsIn(folder);
  const { packs } = await collectLater(folder, [live]);
  expect(packs.find(({ kind, fate }) => kind === 'chunk' && fate === 'sparse')).toMatchObject({
    blobs: 20,
    liveBlobs: 8,
  });
  expect(packsIn(folder).filter((name) => !before.includes(name)).length).toBe(1);
  expectWhole(folder, live, half);
  const sizes = packsIn(folder).map((name) => statSync(join(folder, 'packs', name)).size);
  expect(Math.max(...sizes)).toBeLessThan(8 * 3_000 + 3_000);
});

test('many small packs become one', async () => {
  const folder = freshFolder();
  const versions: { version: Hash; files: Map<string, Buffer> }[] = [];
  for (let at = 0; at < 33; at++) {
    const files = filesOf(at, at + 1_000);
    versions.push({ version: saveVersion(folder, files), files });
  }
  await collectLater(
    folder,
    versions.map(({ version }) => version),
  );
  expect(packsIn(folder).length).toBe(2);
  for (const { version, files } of versions) expectWhole(folder, version, files);
});

test('a version saved after the marking undoes the collection', async () => {
  const folder = freshFolder();
  const files = filesOf(1, 2, 3);
  const forgotten = saveVersion(folder, files);
  const result = await collectLater(folder, [], {
    mark: () => {
      // Everything of it is there already; only its name says that it lives again.
      expect(saveVersion(folder, files)).toBe(forgotten);
    },
  });
  expect(result.undone).toBe(true);
  expectWhole(folder, forgotten, files);
});

test('a draft that relies on blobs that are taken meanwhile brings them back when it is committed', async () => {
  const folder = freshFolder();
  const files = filesOf(1, 2, 3);
  const version = saveVersion(folder, files);
  const blobs = openBlobs(folder);
  const draft = blobs.openDraft();
  const rows = [...files].map(([path, bytes]) => {
    const content = writeContent(draft, [bytes]);
    return {
      path,
      ...content,
      executable: false,
      md5: [...readFiles(blobs, version)].find((row) => row.path === path)!.md5,
    };
  });
  await collectLater(folder, []);
  expect(packsIn(folder)).toEqual([]);
  expect(writeVersion(draft, 'folder', rows)).toBe(version);
  draft.commit();
  expectWhole(folder, version, files);
});

test('a draft whose own packs were thrown away says so', async () => {
  const folder = freshFolder();
  const draft = openBlobs(folder).openDraft();
  for (let at = 0; at < 520; at++) {
    const bytes = noise(128 * 1024, at);
    draft.put(chunkId(bytes), 'chunk', bytes);
  }
  // The draft of its second pack is being written.
  for (const name of packsIn(folder)) utimesSync(join(folder, 'packs', name.replace('pack', 'index')), 1, 1);
  await collectFor(folder, [], { graceMs: 0 });
  expect(packsIn(folder)).toEqual([]);
  expect(() => draft.commit()).toThrow('vanished while data was being versioned');
});

test('drafts and collections in any order never lose a version that was committed', async () => {
  type Step = { readonly what: 'open' | 'put' | 'commit' | 'collect'; readonly draft: number; readonly seed: number };
  const step = fc.record<Step>({
    what: fc.constantFrom('open', 'put', 'put', 'commit', 'collect'),
    draft: fc.nat(1),
    seed: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const folder = freshFolder();
      const drafts = new Map<number, ReturnType<typeof startVersion>>();
      // Versions that the catalog names; the others live by `recent` alone, until two days have gone by.
      const named = new Map<Hash, Map<string, Buffer>>();
      for (const { what, draft: at, seed } of steps) {
        const draft = drafts.get(at);
        if (what === 'open') drafts.set(at, startVersion(folder));
        else if (what === 'put') draft?.put(seed);
        else if (what === 'collect') {
          // What is in the trash stays as old as it is: no draft is open for longer than a pack lies there.
          age(folder, ['packs', 'recent']);
          await collectFor(folder, [...named.keys()]);
        } else if (draft !== undefined) {
          const { version, files } = draft.commit();
          if (seed % 2 === 0) named.set(version, files);
          drafts.delete(at);
        }
        for (const [version, files] of named) expectWhole(folder, version, files);
      }
    }),
    { numRuns: 60 },
  );
});

/** A version whose files are put one by one, with other things in between. */
const startVersion = (folder: string) => {
  const draft = openBlobs(folder).openDraft();
  const rows = new Map<number, VersionFile>();
  const put = (seed: number): void => {
    const [[path, bytes]] = [...filesOf(seed)] as [[string, Buffer]];
    rows.set(seed, { path, ...writeContent(draft, [bytes]), executable: false, md5: '0'.repeat(32) });
  };
  return {
    put,
    commit: () => {
      const seeds = [...rows.keys()].sort((a, b) => a - b);
      const version = writeVersion(
        draft,
        'folder',
        seeds.map((seed) => rows.get(seed)!),
      );
      draft.commit();
      return { version, files: filesOf(...seeds) };
    },
  };
};

test('nothing is removed while it is not known what is needed', async () => {
  const folder = freshFolder();
  const live = saveVersion(folder, filesOf(1, 2));
  saveVersion(folder, filesOf(11, 12));
  const blobs = openBlobs(folder);
  const { pack, offset } = blobs.locate(live)!;
  const path = join(folder, 'packs', `${pack}.pack`);
  const bytes = readFileSync(path);
  const changed = Buffer.from(bytes);
  changed[offset]! ^= 0xff;
  writeFileSync(path, changed);
  await expect(collectLater(folder, [live])).rejects.toThrow('cannot be read whole, so nothing was removed');
  writeFileSync(path, bytes);
  const index = path.replace(/pack$/, 'index');
  writeFileSync(index, Buffer.concat([readFileSync(index), Buffer.from('x')]));
  await expect(collectLater(folder, [])).rejects.toThrow('is damaged; nothing was removed');
  expect(packsIn(folder).length).toBe(4);
});

test('a version that is named somewhere and that was never pulled is no obstacle', async () => {
  const folder = freshFolder();
  const live = saveVersion(folder, filesOf(1));
  const absent = 'ab'.repeat(32) as Hash;
  const roots = [
    { version: live, name: 'here' },
    { version: absent, name: 'a pointer' },
  ];
  let notHere: readonly { name: string }[] = [];
  await collectLater(folder, [], { mark: (_, set) => (notHere = markVersions(openBlobs(folder), roots, set)) });
  expect(notHere).toEqual([roots[1]]);
  expectWhole(folder, live, filesOf(1));
});

test('leftovers of crashes go after a day: drafts, and packs without an index', async () => {
  const folder = freshFolder();
  const live = saveVersion(folder, filesOf(1));
  const packs = join(folder, 'packs');
  const tmp = '.0f8fad5b-d9cb-469f-a165-70867728950e.tmp';
  const orphan = `${'cd'.repeat(32)}.pack`;
  for (const name of [tmp, orphan, 'readme.txt']) writeFileSync(join(packs, name), 'x');
  await collectFor(folder, [live]);
  expect(readdirSync(packs)).toContain(tmp);
  await collectLater(folder, [live]);
  expect(readdirSync(packs)).not.toContain(tmp);
  expect(readdirSync(packs)).not.toContain(orphan);
  expect(readdirSync(packs)).toContain('readme.txt');
});
