import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RemoteVersion } from '../../../../sidecar/contract/remote.ts';
import { fetchVersion } from '../../../../sidecar/versions/remotes/fetch.ts';
import { openFileTree } from '../../../../sidecar/versions/remotes/files/file-tree.ts';
import { openFolder } from '../../../../sidecar/versions/remotes/files/folder.ts';
import { push } from '../../../../sidecar/versions/remotes/push.ts';
import { addToRef, forgetInRef, readRef } from '../../../../sidecar/versions/remotes/ref.ts';
import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { recording } from './recording.ts';
import { openPlace, randomFiles, readStored, storeVersion, type Place } from './stored-data.ts';

let here: Place;
let there: Place;
let bucket: string;
beforeEach(() => {
  here = openPlace(freshFolder());
  there = openPlace(freshFolder());
  bucket = freshFolder();
});

const remote = () => recording(openFileTree(openFolder(bucket), 'the bucket'));
const path = 'data/images';
const plainly = { forgotten: 'stay', dvcNames: () => [] } as const;
const pushed = (place: Place, versions: readonly RemoteVersion[], transport: Transport = remote()) =>
  push({ ...place, transport, path, versions, ...plainly }, recordedContext().context);
const fetched = (place: Place, version: RemoteVersion | null, transport: Transport = remote()) =>
  fetchVersion({ ...place, transport, path, version: version?.hash ?? null }, recordedContext().context);

/** A store that counts the blobs that are read of it. */
const counting = (place: Place) => {
  const counted = { reads: 0 };
  const get: Place['blobs']['get'] = (id) => {
    counted.reads += 1;
    return place.blobs.get(id);
  };
  return { ...place, blobs: { ...place.blobs, get }, counted };
};

describe('push and fetch', () => {
  test('a version arrives as it was, large files and all', async () => {
    const files = { ...randomFiles(300), 'large.bin': randomBytes(3 << 20), empty: Buffer.alloc(0) };
    const version = storeVersion(here, files);
    expect(await pushed(here, [version])).toMatchObject({ versions: 1, objects: 2 });
    expect(await fetched(there, version)).toMatchObject({ version: version.hash, versions: 1, known: [version] });
    expect(readStored(there, version.hash)).toEqual(files);
  });

  test('packs are there before their indexes, and these before the list of versions', async () => {
    const transport = remote();
    await pushed(here, [storeVersion(here, randomFiles(10))], transport);
    const order = transport.asked
      .filter(({ what }) => what === 'put' || what === 'swap')
      .map(({ key }) => key.split('/')[2]);
    expect(order).toEqual(['packs', 'packs', 'index', 'index', 'refs', 'refs']);
  });

  test('what is there is not sent again', async () => {
    const version = storeVersion(here, randomFiles(50));
    await pushed(here, [version]);
    const transport = remote();
    expect(await pushed(here, [version], transport)).toMatchObject({ versions: 0, bytes: 0, objects: 0 });
    expect(transport.keysOf('put')).toEqual([]);
  });

  test('a push reads of a version what has changed since the one that is there, and nothing else', async () => {
    const files = { ...randomFiles(6_000, 20), 'large.bin': randomBytes(12 << 20) };
    const first = storeVersion(here, files, 1);
    await pushed(here, [first]);
    const large = Buffer.concat([files['large.bin'], Buffer.from('appended')]);
    const second = storeVersion(here, { ...files, 'class_3/file_03003': randomBytes(20), 'large.bin': large }, 2);
    const place = counting(here);
    const transport = remote();
    expect((await pushed(place, [first, second], transport)).bytes).toBeLessThan(250_000);
    // Two versions, and a path through each tree and each list.
    expect(place.counted.reads).toBeLessThan(24);
    await fetched(there, second);
    const stored = readStored(there, second.hash);
    expect(large.equals(stored['large.bin']!)).toBe(true);
    expect(Object.keys(stored)).toHaveLength(6_001);
  });

  test('a push may follow a version of which only a part is here', async () => {
    const files = randomFiles(3_000, 20);
    const first = storeVersion(here, files, 1);
    await pushed(here, [first]);
    // As after a fetch that broke off: the root of the version is here, and nothing below it.
    const draft = there.blobs.openDraft();
    draft.put(first.hash, 'node', here.blobs.get(first.hash));
    draft.commit();
    const second = storeVersion(there, { ...files, 'class_3/added': randomBytes(20) }, 2);
    await pushed(there, [second]);
    const third = openPlace(freshFolder());
    await fetched(third, second);
    expect(readStored(third, second.hash)).toEqual(readStored(there, second.hash));
  });

  test('what a remote has lost of a version is sent again by the next push', async () => {
    const files = randomFiles(200);
    const first = storeVersion(here, files, 1);
    const second = storeVersion(here, { ...files, added: randomBytes(100) }, 2);
    await pushed(here, [first, second]);
    const packs = join(bucket, 'trainyard', 'v1', 'packs');
    for (const pack of readdirSync(packs)) rmSync(join(packs, pack));
    await pushed(here, [first, second]);
    for (const version of [first, second]) {
      await fetched(there, version);
      expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
    }
  });

  test('a version that was forgotten there comes back when it is named, and not when all are pushed', async () => {
    const [first, second] = [storeVersion(here, randomFiles(3), 1), storeVersion(here, randomFiles(3), 2)];
    await pushed(here, [first, second]);
    expect(await forgetInRef(remote(), path, first.hash)).toBe(true);
    expect(await forgetInRef(remote(), path, first.hash)).toBe(false);
    expect(await pushed(here, [first, second])).toMatchObject({ versions: 0 });
    expect((await readRef(remote(), path))?.versions).toEqual([second]);
    const order = { ...here, transport: remote(), path, versions: [first], dvcNames: () => [] };
    expect(await push({ ...order, forgotten: 'return' }, recordedContext().context)).toMatchObject({ versions: 1 });
    expect(await readRef(remote(), path)).toMatchObject({ versions: [first, second], forgotten: [] });
  });

  test('of a pack that is there for the most part only the rest is sent', async () => {
    const files = randomFiles(400);
    // Both versions are stored at once, so that one pack holds the files of both.
    const blobs = here.blobs.openDraft();
    blobs.discard();
    const first = storeVersion(here, files, 1);
    await pushed(here, [first]);
    const second = storeVersion(here, { ...files, ...randomFiles(0), added: randomBytes(5_000) }, 2);
    const transport = remote();
    const { bytes } = await pushed(here, [second], transport);
    expect(bytes).toBeLessThan(40_000);
    await fetched(there, second);
    expect(readStored(there, second.hash)).toEqual({ ...files, added: readStored(here, second.hash)['added'] });
  });

  test('a version whose files lie in a pack among many others goes in a pack of its own', async () => {
    const all = randomFiles(400);
    storeVersion(here, all);
    const few = Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('class_3/')));
    const version = storeVersion(here, few);
    const { bytes } = await pushed(here, [version]);
    expect(bytes).toBeLessThan(0.2 * 400 * 2_000);
    await fetched(there, version);
    expect(readStored(there, version.hash)).toEqual(few);
  });

  test('a fetch of the next version brings what is new, by few requests', async () => {
    const files = randomFiles(500);
    const first = storeVersion(here, files, 1);
    const second = storeVersion(here, { ...files, 'class_1/new': randomBytes(9_000) }, 2);
    await pushed(here, [first, second]);
    await fetched(there, first);
    const transport = remote();
    await fetched(there, second, transport);
    expect(transport.bytesOf('read')).toBeLessThan(100_000);
    expect(transport.keysOf('read').length).toBeLessThan(6);
    expect(readStored(there, second.hash)).toEqual(readStored(here, second.hash));
  });

  test('without a version the newest one is fetched, and all are told of', async () => {
    const first = storeVersion(here, randomFiles(3), 1);
    const second = storeVersion(here, randomFiles(3), 2);
    await pushed(here, [second, first]);
    expect(await fetched(there, null)).toMatchObject({ version: second.hash, known: [first, second] });
  });

  test('a version that is not there is named, with those that are', async () => {
    const first = storeVersion(here, randomFiles(3));
    await expect(fetched(there, first)).rejects.toMatchObject({ code: 'remote-lacks-version' });
    await pushed(here, [first]);
    const other = storeVersion(here, randomFiles(3));
    await expect(fetched(there, other)).rejects.toMatchObject({
      code: 'remote-lacks-version',
      hint: expect.stringContaining(first.hash.slice(0, 12)) as string,
    });
  });

  test('a pack that was fetched whole is known to be there: it is not pushed back', async () => {
    const version = storeVersion(here, randomFiles(50));
    await pushed(here, [version]);
    await fetched(there, version);
    const next = storeVersion(there, { only: randomBytes(100) }, 2);
    const transport = remote();
    expect((await pushed(there, [version, next], transport)).bytes).toBeLessThan(5_000);
  });

  test('bytes that are damaged in the remote are named and never kept', async () => {
    const version = storeVersion(here, randomFiles(100));
    await pushed(here, [version]);
    const transport = remote();
    const flipped: Transport = {
      ...transport,
      read: async (key, start, end) => {
        const bytes = await transport.read(key, start, end);
        if (start > 8) return bytes;
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        return bytes;
      },
    };
    await expect(fetched(there, version, flipped)).rejects.toMatchObject({ code: 'remote-damaged' });
    // The next try, of a remote that is whole, completes.
    await fetched(there, version);
    expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
  });

  test('one damage on the way is healed by asking again', async () => {
    const version = storeVersion(here, randomFiles(100));
    await pushed(here, [version]);
    const transport = remote();
    let damages = 0;
    const once: Transport = {
      ...transport,
      read: async (key, start, end) => {
        const bytes = await transport.read(key, start, end);
        if (damages === 0) bytes[50] = (bytes[50] ?? 0) ^ 1;
        damages += 1;
        return bytes;
      },
    };
    await fetched(there, version, once);
    expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
  });

  test('a push that broke off goes on where it was', async () => {
    const version = storeVersion(here, { ...randomFiles(100), ...randomFiles(0) });
    const transport = remote();
    const broken: Transport = {
      ...transport,
      put: (key, ...rest) => (key.includes('/index/') ? Promise.reject(new Error('cut')) : transport.put(key, ...rest)),
    };
    await expect(pushed(here, [version], broken)).rejects.toThrow('cut');
    expect(await readRef(remote(), path)).toBeNull();
    const again = remote();
    await pushed(here, [version], again);
    expect(again.keysOf('put').filter((key) => key.endsWith('.pack'))).toEqual([]);
    await fetched(there, version);
  });

  test('a cancelled fetch keeps the packs it has brought', async () => {
    const version = storeVersion(here, randomFiles(200));
    await pushed(here, [version]);
    const stop = new AbortController();
    const transport = remote();
    const stopping: Transport = {
      ...transport,
      read: (key, start, end) => {
        if (end - start > 100_000) stop.abort(new Error('enough'));
        return transport.read(key, start, end);
      },
    };
    const order = { ...there, transport: stopping, path, version: version.hash };
    await expect(fetchVersion(order, recordedContext(stop.signal).context)).rejects.toThrow('enough');
    const again = remote();
    await fetched(there, version, again);
    // The nodes were here by then.
    expect(again.keysOf('read').every((key) => transport.keysOf('read').indexOf(key) !== 0)).toBe(true);
    expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
  });

  test('data sets of one remote share what is equal', async () => {
    const version = storeVersion(here, randomFiles(100));
    await pushed(here, [version]);
    const other = { ...here, transport: remote(), path: 'other/path', versions: [version], ...plainly };
    expect(await push(other, recordedContext().context)).toMatchObject({ versions: 1, bytes: 0 });
    const order = { ...there, transport: remote(), path: 'other/path', version: version.hash };
    await fetchVersion(order, recordedContext().context);
    expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
  });

  test('packs that no list of versions names are not relied upon: they may be on their way out', async () => {
    const version = storeVersion(here, randomFiles(100));
    await pushed(here, [version]);
    rmSync(join(bucket, 'trainyard', 'v1', 'refs'), { recursive: true });
    const more = storeVersion(
      here,
      { ...randomFiles(0), ...readStored(here, version.hash), more: randomBytes(100) },
      2,
    );
    await pushed(here, [more]);
    const ref = await readRef(remote(), path);
    expect(ref?.packs.length).toBeGreaterThanOrEqual(4);
    await fetched(there, more);
  });
});

const onTop = { relies: [], forgotten: 'stay', dvcNames: {} } as const;

describe('the list of versions', () => {
  test('six writers, each with versions of its own, lose none', async () => {
    const versions = Array.from({ length: 30 }, (_, at) => storeVersion(here, { a: Buffer.from(String(at)) }, at));
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        const transport = remote();
        for (const version of versions.slice(writer * 5, writer * 5 + 5))
          await addToRef(transport, { path, versions: [version], packs: [version.hash], ...onTop });
      }),
    );
    const ref = await readRef(remote(), path);
    expect(ref?.versions).toEqual(versions);
    expect(ref?.packs).toEqual(versions.map(({ hash }) => hash).sort());
  });

  test('a server that ignores conditions is not trusted with it', async () => {
    const transport = remote();
    const careless: Transport = { ...transport, swap: () => Promise.resolve(true) };
    const adding = addToRef(careless, { path, versions: [], packs: [], ...onTop });
    await expect(adding).rejects.toMatchObject({
      code: 'remote-refused',
      message: expect.stringContaining('If-None-Match') as string,
    });
  });

  test('a list of another time or of another data set is refused, not guessed at', async () => {
    const transport = remote();
    await addToRef(transport, { path, versions: [], packs: [], ...onTop });
    const found = await transport.get('trainyard/v1/refs/data=2Fimages.json');
    const changed = { ...(JSON.parse(String(found?.bytes)) as object), v: 2 };
    await transport.swap(
      'trainyard/v1/refs/data=2Fimages.json',
      Buffer.from(JSON.stringify(changed)),
      found?.tag ?? '',
    );
    await expect(readRef(transport, path)).rejects.toMatchObject({ code: 'remote-damaged' });
  });
});
