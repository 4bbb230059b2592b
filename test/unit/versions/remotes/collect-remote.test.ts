import { randomBytes } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { RemoteVersion } from '../../../../sidecar/contract/remote.ts';
import { collectRemote } from '../../../../sidecar/versions/remotes/collect-remote.ts';
import { fetchVersion } from '../../../../sidecar/versions/remotes/fetch.ts';
import { openFileTree } from '../../../../sidecar/versions/remotes/files/file-tree.ts';
import { openFolder } from '../../../../sidecar/versions/remotes/files/folder.ts';
import { indexKey, packKey } from '../../../../sidecar/versions/remotes/layout.ts';
import { push } from '../../../../sidecar/versions/remotes/push.ts';
import { forgetInRef, readRefs } from '../../../../sidecar/versions/remotes/ref.ts';
import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';
import { changeUnneeded, readUnneeded, SWEEP_MS } from '../../../../sidecar/versions/remotes/unneeded.ts';
import { indexEntries } from '../../../../sidecar/versions/store/pack-index.ts';
import { reachableBlobs } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder, sharedFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { interleave } from './interleaved.ts';
import { memoryRemote, type MemoryRemote } from './memory-transport.ts';
import { openPlace, randomFiles, readStored, storeVersion, type Place } from './stored-data.ts';

const HOUR_MS = 3_600_000;
const path = 'data/images';
const { context, notes } = recordedContext();
const pushed = (place: Place, transport: Transport, ...versions: readonly RemoteVersion[]) =>
  push({ ...place, transport, path, versions, forgotten: 'return', dvcNames: () => [] }, context);
const forgotten = (transport: Transport, { hash }: RemoteVersion) => forgetInRef(transport, path, hash);

interface Collecting {
  readonly graceMs?: number;
  readonly dryRun?: boolean;
  readonly now?: number;
}
const collected = (place: Place, transport: Transport, { graceMs = 0, dryRun = false, now = Date.now() }: Collecting) =>
  collectRemote({ ...place, transport, graceMs, dryRun, clock: () => now }, context);

/** Blobs of listed versions that lie in no pack that is there, whole, and named by their list. */
const lostBlobs = async ({ blobs }: Place, remote: MemoryRemote): Promise<Hash[]> => {
  const lost: Hash[] = [];
  for (const { versions, packs } of await readRefs(remote.open())) {
    const there = packs.filter((pack) => remote.objects.has(packKey(pack)));
    const indexes = there.flatMap((pack) => remote.objects.get(indexKey(pack))?.bytes ?? []);
    const held = new Set(indexes.flatMap((index) => [...indexEntries(index)].map(({ id }) => id)));
    for (const { hash } of versions) for (const { id } of reachableBlobs(blobs, hash)) if (!held.has(id)) lost.push(id);
  }
  return lost;
};

describe('a collection in a remote', () => {
  test('removes the packs of forgotten versions a grace after it has noted them, and what others need stays', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const files = randomFiles(40);
    const [old, kept] = [storeVersion(here, files, 1), storeVersion(here, { ...randomFiles(40), ...some(files) }, 2)];
    await pushed(here, remote.open(), old, kept);
    expect(await collected(here, remote.open(), {})).toMatchObject({ versions: 2, removed: { packs: 0 } });
    const alone = storeVersion(here, randomFiles(30), 3);
    await pushed(here, remote.open(), alone);
    await forgotten(remote.open(), alone);

    const day = { graceMs: 24 * HOUR_MS };
    const dry = await collected(here, remote.open(), { ...day, dryRun: true });
    expect(dry).toMatchObject({ versions: 2, waiting: { packs: 2 }, noted: { packs: 2 }, removed: { packs: 0 } });
    expect(await readUnneeded(remote.open())).toEqual([]);
    const now = Date.now();
    const first = await collected(here, remote.open(), { ...day, now });
    expect(first).toMatchObject({ waiting: { packs: 2 }, noted: { packs: 2 }, removed: { packs: 0 } });
    expect(first.nextAt).toBe(now + 24 * HOUR_MS);
    const again = await collected(here, remote.open(), { ...day, now: now + HOUR_MS });
    expect(again).toMatchObject({ waiting: { packs: 2 }, noted: { packs: 0, bytes: 0 }, nextAt: first.nextAt });
    const later = { ...day, now: Date.now() + 25 * HOUR_MS };
    expect(await collected(here, remote.open(), { ...later, dryRun: true })).toMatchObject({ removed: { packs: 2 } });
    const done = await collected(here, remote.open(), later);
    expect(done).toMatchObject({ versions: 2, waiting: { packs: 0 }, nextAt: null, removed: { packs: 2 } });
    expect(done.removed.bytes).toBeGreaterThan(60_000);
    expect(notes.at(-1)).toMatch(/^2 of 2 packs removed, 0\.(\d) of 0\.\1 MB$/);
    expect([...remote.objects.keys()].filter((key) => key.endsWith('.pack'))).toHaveLength(done.needed.packs);
    expect(await readUnneeded(remote.open())).toEqual([]);
    expect(await lostBlobs(here, remote)).toEqual([]);
  });

  test('a pack that a list names again within the grace is needed again, and its time begins anew', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const version = storeVersion(here, randomFiles(10), 1);
    await pushed(here, remote.open(), version);
    await forgotten(remote.open(), version);
    await collected(here, remote.open(), { graceMs: HOUR_MS });
    await pushed(here, remote.open(), version);
    const later = { graceMs: HOUR_MS, now: Date.now() + 2 * HOUR_MS };
    expect(await collected(here, remote.open(), later)).toMatchObject({ waiting: { packs: 0 }, removed: { packs: 0 } });
    expect(await readUnneeded(remote.open())).toEqual([]);
    await forgotten(remote.open(), version);
    expect(await collected(here, remote.open(), later)).toMatchObject({ waiting: { packs: 2 }, removed: { packs: 0 } });
  });

  test('from a place that has none of the versions it judges as well as from the one that has all', async () => {
    const [here, elsewhere] = [openPlace(freshFolder()), openPlace(freshFolder())];
    const bucket = freshFolder();
    const open = () => openFileTree(openFolder(bucket), bucket);
    const [first, second] = [storeVersion(here, randomFiles(300), 1), storeVersion(here, randomFiles(20), 2)];
    await pushed(here, open(), first, second);
    await forgotten(open(), second);
    expect(await collected(elsewhere, open(), {})).toMatchObject({ removed: { packs: 2 } });
    const there = openPlace(freshFolder());
    await fetchVersion({ ...there, transport: open(), path, version: first.hash }, context);
    expect(readStored(there, first.hash)).toEqual(readStored(here, first.hash));
  });

  test('packs of a push that broke off, and its drafts, go too; a draft of today stays', async () => {
    const here = openPlace(freshFolder());
    const bucket = freshFolder();
    const transport = openFileTree(openFolder(bucket), bucket);
    const version = storeVersion(here, randomFiles(10), 1);
    const broken = { ...transport, swap: () => Promise.reject(new Error('cut')) };
    await expect(pushed(here, broken, version)).rejects.toThrow('cut');
    const drafts = ['1', '2'].map((digit) =>
      join(bucket, `trainyard/v1/packs/.${digit.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}.tmp`),
    );
    for (const draft of drafts) writeFileSync(draft, 'half a pack');
    utimesSync(drafts[0]!, new Date(Date.now() - 48 * HOUR_MS), new Date(Date.now() - 48 * HOUR_MS));
    expect(await collected(here, transport, { dryRun: true })).toMatchObject({ removed: { packs: 2 }, leftovers: 1 });
    expect(await collected(here, transport, {})).toMatchObject({ removed: { packs: 2 }, leftovers: 1 });
    const left = [];
    for await (const { key } of transport.leftovers('trainyard/')) left.push(key);
    expect(left).toEqual([drafts[1]!.slice(bucket.length + 1)]);
  });

  test('a list that has lost a pack which is needed stops it, with words', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const versions = [storeVersion(here, randomFiles(10), 1), storeVersion(here, randomFiles(10), 2)] as const;
    await pushed(here, remote.open(), ...versions);
    await forgotten(remote.open(), versions[1]);
    for (const key of [...remote.objects.keys()]) if (key.endsWith('.pack')) remote.objects.delete(key);
    await expect(collected(here, remote.open(), {})).rejects.toMatchObject({ code: 'remote-damaged' });
    await pushed(here, remote.open(), versions[0]);
    expect(await collected(here, remote.open(), {})).toMatchObject({ versions: 1 });
    expect(await lostBlobs(here, remote)).toEqual([]);
  });

  test('what a collection that died has announced is taken over when its time is up, and not before', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const version = storeVersion(here, randomFiles(10), 1);
    await pushed(here, remote.open(), version);
    await forgotten(remote.open(), version);
    const now = Date.now();
    await collected(here, remote.open(), { graceMs: HOUR_MS, now });
    const died = { by: 'somebody', at: now };
    await changeUnneeded(remote.open(), (packs) => packs.map((pack) => ({ ...pack, sweep: died })));
    const soon = { graceMs: 0, now: now + SWEEP_MS / 2 };
    expect(await collected(here, remote.open(), soon)).toMatchObject({ waiting: { packs: 2 }, removed: { packs: 0 } });
    const late = { graceMs: 0, now: now + SWEEP_MS };
    expect(await collected(here, remote.open(), late)).toMatchObject({ waiting: { packs: 0 }, removed: { packs: 2 } });
  });
});

const some = <Value>(files: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(files).slice(0, 20));

describe('while others push', () => {
  const here = openPlace(sharedFolder());
  const files = randomFiles(300, 50);
  const old = storeVersion(here, files, 1);
  const next = storeVersion(here, { ...files, added: randomBytes(50) }, 2);
  const other = storeVersion(here, randomFiles(5, 50), 3);
  /**
   * Every order in which the push is interrupted once, and the collection too: after so many requests of either. Then
   * the push may come to its end, before both go on as they like.
   * @param requests that a collection makes at most
   */
  const everyOrder = function* (requests: number): Generator<readonly number[], void> {
    for (let first = 0; first < 16; first += 1)
      for (let second = 0; second <= requests; second += 1) if (first + second > 0) yield [first, second, 6];
  };

  const LANES = 4;

  /** @returns how many objects were removed */
  const neverLoses = async (
    start: MemoryRemote,
    requests: number,
    collect: (place: Place, transport: Transport) => Promise<unknown>,
  ): Promise<number> => {
    let removals = 0;
    const inOrder = async (place: Place, order: readonly number[]): Promise<void> => {
      const remote = start.clone();
      const transport: Transport = {
        ...remote.open(),
        remove: (keys) => {
          removals += keys.length;
          return remote.open().remove(keys);
        },
      };
      const actors = [(one: Transport) => pushed(place, one, next), (one: Transport) => collect(place, one)] as const;
      await interleave(transport, actors, order);
      const [ref] = await readRefs(remote.open());
      expect(ref?.versions.map(({ hash }) => hash)).toContain(next.hash);
      expect(await lostBlobs(place, remote), `order ${order.join(' ')}`).toEqual([]);
    };
    const orders = everyOrder(requests);
    const lanes = Array.from({ length: LANES }, (_, lane) => ({ ...here, cache: join(here.cache, String(lane)) }));
    await Promise.all(
      lanes.map(async (place) => {
        for (const order of orders) await inOrder(place, order);
      }),
    );
    return removals;
  };

  test('a push that finds what it needs in packs which nobody names loses nothing, whatever the order', async () => {
    const remote = memoryRemote();
    await pushed(here, remote.open(), other, old, next);
    await forgotten(remote.open(), old);
    await forgotten(remote.open(), next);
    // The list names the packs of `other` alone from here on; those of the others are there still.
    await collected(here, remote.open(), { graceMs: HOUR_MS });
    const removals = await neverLoses(remote, 19, (place, transport) => collected(place, transport, {}));
    expect(removals).toBeGreaterThan(0);
  }, 120_000);

  test('a push that builds on a version which is forgotten and collected meanwhile loses nothing', async () => {
    const remote = memoryRemote();
    await pushed(here, remote.open(), other, old);
    const removals = await neverLoses(remote, 27, async (place, transport) => {
      await forgotten(transport, old);
      await collected(place, transport, {});
    });
    expect(removals).toBeGreaterThan(0);
  }, 120_000);
});
