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
import { listPacks } from '../../../../sidecar/versions/remotes/remote-packs.ts';
import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';
import { changeUnneeded, readUnneeded, SWEEP_MS } from '../../../../sidecar/versions/remotes/unneeded.ts';
import { indexEntries } from '../../../../sidecar/versions/store/pack-index.ts';
import { reachableBlobs } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder, sharedFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { interleave, stepped } from './interleaved.ts';
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

  test('of a pack of which little is needed any more that moves into a new one; the rest goes after the grace', async () => {
    const [here, there] = [openPlace(freshFolder()), openPlace(freshFolder())];
    const remote = memoryRemote();
    const [many, few] = await manyAndFew(here, remote);
    await forgotten(remote.open(), many);
    const before = bytesIn(remote);
    const day = { graceMs: 24 * HOUR_MS };
    const dry = await collected(here, remote.open(), { ...day, dryRun: true });
    expect(dry.rewritten.packs).toBeGreaterThan(0);
    expect(bytesIn(remote)).toBe(before);
    const { rewritten, noted } = await collected(here, remote.open(), day);
    expect(rewritten).toEqual(dry.rewritten);
    expect(noted.packs).toBeGreaterThanOrEqual(rewritten.packs);
    expect(await lostBlobs(here, remote)).toEqual([]);

    const later = { ...day, now: Date.now() + 25 * HOUR_MS };
    const done = await collected(there, remote.open(), later);
    expect(done).toMatchObject({ rewritten: { packs: 0, bytes: 0 }, waiting: { packs: 0 } });
    expect(bytesIn(remote)).toBeLessThan(0.3 * before);
    await fetchVersion({ ...there, transport: remote.open(), path, version: few.hash }, context);
    expect(readStored(there, few.hash)).toEqual(readStored(here, few.hash));
  });

  test('a pack that another list names too is not rewritten: it would stay anyway', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const [many] = await manyAndFew(here, remote);
    const other = { ...here, transport: remote.open(), path: 'other', versions: [many], dvcNames: () => [] };
    await push({ ...other, forgotten: 'stay' }, context);
    await forgotten(remote.open(), many);
    expect((await collected(here, remote.open(), {})).rewritten.packs).toBe(0);
    expect(await lostBlobs(here, remote)).toEqual([]);
  });

  test('a collection that is cut off while it rewrites loses nothing, wherever that is, and the next one ends it', async () => {
    const here = openPlace(freshFolder());
    const remote = memoryRemote();
    const [many] = await manyAndFew(here, remote);
    await forgotten(remote.open(), many);
    let left = 1;
    for (let requests = 0; left > 0; requests += 1) {
      const cut = remote.clone();
      left = requests;
      const request = <Result>(ask: () => Promise<Result>): Promise<Result> => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('cut')) : ask();
      };
      await collected(here, stepped(cut.open(), request), {}).catch((error: unknown) => {
        expect(error).toEqual(new Error('cut'));
      });
      // What was left over when it was not cut any more ends the loop.
      left = left < 0 ? 1 : 0;
      expect(await lostBlobs(here, cut), `cut after ${requests} requests`).toEqual([]);
      // By then also what the dead one has announced is void.
      await collected(here, cut.open(), { now: Date.now() + SWEEP_MS });
      expect(await lostBlobs(here, cut)).toEqual([]);
      expect(bytesIn(cut)).toBeLessThan(0.4 * bytesIn(remote));
    }
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

const bytesIn = ({ objects }: MemoryRemote): number =>
  Array.from(objects.values()).reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Pushes two versions, of which the second has a tenth of the files of the first. */
const manyAndFew = async (here: Place, remote: MemoryRemote): Promise<readonly [RemoteVersion, RemoteVersion]> => {
  const files = randomFiles(200, 1_000);
  const tenth = Object.entries(files).filter(([name]) => name.startsWith('class_3/'));
  const versions = [storeVersion(here, files, 1), storeVersion(here, Object.fromEntries(tenth), 2)] as const;
  await pushed(here, remote.open(), ...versions);
  return versions;
};

const some = <Value>(files: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(files).slice(0, 20));

describe('while others push', () => {
  const here = openPlace(sharedFolder());
  const files = randomFiles(300, 50);
  const old = storeVersion(here, files, 1);
  const next = storeVersion(here, { ...files, added: randomBytes(50) }, 2);
  const other = storeVersion(here, randomFiles(5, 50), 3);
  /** Requests that the actors make at most, or nearly, and how many apart the interruptions of the second one are. */
  interface Lengths {
    readonly first?: number;
    readonly second: number;
    readonly step?: number;
  }
  /**
   * Every order in which the first actor is interrupted once, and the second too: after so many requests of either. Then
   * the first may come to its end, before both go on as they like.
   */
  const everyOrder = function* ({ first = 15, second, step = 1 }: Lengths): Generator<readonly number[], void> {
    for (let one = 0; one <= first; one += 1)
      for (let other = 0; other <= second; other += step) if (one + other > 0) yield [one, other, 6];
  };

  const LANES = 4;

  type Act = (place: Place, transport: Transport) => Promise<unknown>;
  const pushNext: Act = (place, transport) => pushed(place, transport, next);
  const collect: Act = (place, transport) => collected(place, transport, {});

  /** @param listed that the list must name in the end @returns how many objects were removed */
  const neverLoses = async (
    start: MemoryRemote,
    lengths: Lengths,
    acts: readonly [Act, Act],
    listed = next,
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
      const [first, second] = acts;
      // Each has a folder of its own, as two machines have.
      const beside = { ...place, cache: join(place.cache, 'beside') };
      await interleave(transport, [(one) => first(place, one), (one) => second(beside, one)], order);
      const [ref] = await readRefs(remote.open());
      expect(ref?.versions.map(({ hash }) => hash)).toContain(listed.hash);
      expect(await lostBlobs(place, remote), `order ${order.join(' ')}`).toEqual([]);
    };
    const orders = everyOrder(lengths);
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
    const removals = await neverLoses(remote, { second: 19 }, [pushNext, collect]);
    expect(removals).toBeGreaterThan(0);
  }, 120_000);

  test('a push that builds on a version which is forgotten and collected meanwhile loses nothing', async () => {
    const remote = memoryRemote();
    await pushed(here, remote.open(), other, old);
    const removals = await neverLoses(remote, { second: 27 }, [
      pushNext,
      async (place, transport) => {
        await forgotten(transport, old);
        await collect(place, transport);
      },
    ]);
    expect(removals).toBeGreaterThan(0);
  }, 120_000);

  const class3 = Object.entries(files).filter(([name]) => name.startsWith('class_3/'));
  const few = storeVersion(here, Object.fromEntries(class3), 4);
  /** Of packs that a list names only few files are needed. */
  const sparse = async (): Promise<MemoryRemote> => {
    const remote = memoryRemote();
    await pushed(here, remote.open(), old, few);
    await forgotten(remote.open(), old);
    const dry = await collected(here, remote.open(), { dryRun: true });
    expect(dry.rewritten.packs).toBeGreaterThan(0);
    return remote;
  };

  test('a push that builds on packs which a collection rewrites meanwhile loses nothing', async () => {
    const removals = await neverLoses(await sparse(), { second: 34 }, [pushNext, collect]);
    expect(removals).toBeGreaterThan(0);
  }, 180_000);

  /** A collection by the protocol that rewrites nothing itself, and has noted long ago what no list names now. */
  const sweepUnnamed: Act = async (_, transport) => {
    const named = async () => new Set((await readRefs(transport)).flatMap(({ packs }) => packs));
    const before = await named();
    const unnamed = (await listPacks(transport)).names().filter((pack) => !before.has(pack));
    const announced = { since: 0, sweep: { by: 'somebody', at: Date.now() } };
    await changeUnneeded(transport, () => unnamed.map((name) => ({ name, ...announced })));
    const spared = await named();
    const gone = unnamed.filter((pack) => !spared.has(pack));
    for (const keyOf of [indexKey, packKey]) await transport.remove(gone.map(keyOf));
    await changeUnneeded(transport, () => []);
  };

  test('a new pack that another collection removes before a list names it is brought once more', async () => {
    const removals = await neverLoses(await sparse(), { first: 30, second: 11 }, [collect, sweepUnnamed], few);
    expect(removals).toBeGreaterThan(0);
  }, 180_000);

  test('two collections that rewrite the same packs at once lose nothing', async () => {
    // Without a grace the other one may have removed what this one is about to read: it says so, and has done nothing.
    const collectOrStop: Act = (place, transport) =>
      collect(place, transport).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'remote-damaged' });
      });
    const lengths = { first: 30, second: 36, step: 12 };
    const removals = await neverLoses(await sparse(), lengths, [collectOrStop, collectOrStop], few);
    expect(removals).toBeGreaterThan(0);
  }, 180_000);
});
