import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RemoteVersion } from '../../sidecar/contract/remote.ts';
import { openDataStore } from '../../sidecar/versions/data-store.ts';
import { md5Of, sha256Of } from '../../sidecar/versions/hash.ts';
import { collectRemote } from '../../sidecar/versions/remotes/collect-remote.ts';
import { fetchVersion } from '../../sidecar/versions/remotes/fetch.ts';
import { openExchange } from '../../sidecar/versions/remotes/http/exchange.ts';
import { objectKey } from '../../sidecar/versions/remotes/mirror/layout.ts';
import { pushMirror } from '../../sidecar/versions/remotes/mirror/push-mirror.ts';
import { push } from '../../sidecar/versions/remotes/push.ts';
import { readRef } from '../../sidecar/versions/remotes/ref.ts';
import { openS3 } from '../../sidecar/versions/remotes/s3/client.ts';
import { placeOfBucket } from '../../sidecar/versions/remotes/s3/place.ts';
import type { Transport } from '../../sidecar/versions/remotes/transport.ts';
import { seededRandom, startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { freshFolder, sharedFolder } from '../support/fresh-folder.ts';
import { recordedContext } from '../support/job-context.ts';
import { startMoto, startVersitygw, type S3Server } from '../support/s3-servers.ts';
import { openPlace, randomFiles, readStored, storeVersion, type Place } from '../unit/versions/remotes/stored-data.ts';

const versitygw = await startVersitygw(sharedFolder());
afterAll(() => versitygw?.stop());
const path = 'data/images';

/** A client that loses its patience soon. */
const clientOf = (server: S3Server, port: number, prefix: string): Transport => {
  const { access_key_id: accessKeyId = '', secret_access_key: secretAccessKey = '' } = server.settings;
  const endpoint = `http://127.0.0.1:${port}`;
  const place = {
    bucket: server.bucket,
    prefix: `${prefix}/`,
    endpoint,
    region: 'us-east-1',
    style: 'path',
    writeHeaders: {},
  };
  const exchange = openExchange({ signal: new AbortController().signal, patienceMs: 20 });
  return openS3({ place: placeOfBucket(place), keys: { accessKeyId, secretAccessKey }, exchange, address: endpoint });
};

const pushed = (place: Place, transport: Transport, version: RemoteVersion) =>
  push(
    { ...place, transport, path, versions: [version], forgotten: 'stay', dvcNames: () => [] },
    recordedContext().context,
  );
const fetched = (place: Place, transport: Transport, version: RemoteVersion) =>
  fetchVersion({ ...place, transport, path, version: version.hash }, recordedContext().context);

const describeBrokenNetwork = (name: string, start: () => Promise<S3Server>): void => {
  describe(name, () => {
    let server: S3Server;
    let proxy: FaultProxy;
    beforeAll(async () => {
      server = await start();
      proxy = await startFaultProxy(server.port);
    });
    afterAll(async () => {
      await proxy.close();
      await server.stop();
    });

    test('a network that goes down at any byte of a push leaves the old state or the new one, and the next try completes', async () => {
      const here = openPlace(freshFolder());
      const files = randomFiles(60, 3_000);
      const first = storeVersion(here, files, 1);
      const second = storeVersion(here, { ...files, ...renamed(randomFiles(60, 3_000)) }, 2);
      const random = seededRandom(20261126);
      let interrupted = 0;
      for (let round = 0; round < 15; round += 1) {
        const direct = clientOf(server, server.port, `outage-${round}`);
        const through = clientOf(server, proxy.port, `outage-${round}`);
        await pushed(here, direct, first);
        proxy.faults = { outageAfter: Math.floor(random() * 230_000) };
        const isDone = await pushed(here, through, second).then(
          () => true,
          () => false,
        );
        if (!isDone) interrupted += 1;
        const known = (await readRef(direct, path))?.versions.map(({ hash }) => hash) ?? [];
        expect(isDone ? [[first.hash, second.hash]] : [[first.hash], [first.hash, second.hash]]).toContainEqual(known);
        await readAndCompare(here, direct, known.includes(second.hash) ? second : first);
        proxy.faults = {};
        await pushed(here, through, second);
        await readAndCompare(here, through, second);
        await Promise.all([direct.close(), through.close()]);
      }
      expect(interrupted).toBeGreaterThan(7);
    });

    test('a network that goes down at any byte of a fetch leaves nothing wrong behind, and the next try completes', async () => {
      const here = openPlace(freshFolder());
      const version = storeVersion(here, randomFiles(80, 3_000));
      const direct = clientOf(server, server.port, 'fetch-outage');
      await pushed(here, direct, version);
      const random = seededRandom(7);
      for (let round = 0; round < 15; round += 1) {
        const there = openPlace(freshFolder());
        const through = clientOf(server, proxy.port, 'fetch-outage');
        proxy.faults = { outageAfter: Math.floor(random() * 290_000) };
        await fetched(there, through, version).catch(() => undefined);
        proxy.faults = {};
        await fetched(there, through, version);
        expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
        await through.close();
      }
      await direct.close();
    });

    describe('an upload in parts that breaks off', () => {
      const large = randomBytes(42 << 20);
      const ways = {
        'of a pack': pushed,
        'of a file as DVC has it': ({ folder }: Place, transport: Transport, { hash }: RemoteVersion) =>
          pushMirror({ transport, store: openDataStore(folder), versions: [hash] }, recordedContext().context),
      };
      /** Four parts of 8 MiB get through. */
      const breakOff = async (prefix: string, act: (transport: Transport) => Promise<unknown>): Promise<void> => {
        const through = clientOf(server, proxy.port, prefix);
        proxy.faults = { outageAfter: 37_000_000 };
        await expect(act(through)).rejects.toMatchObject({ code: 'remote-unreachable' });
        proxy.faults = {};
        await through.close();
      };

      test.each(Object.entries(ways))('%s is gone on with: no part that is there is sent again', async (name, act) => {
        const here = openPlace(freshFolder());
        const version = storeVersion(here, { large });
        const prefix = name.replaceAll(' ', '-');
        await breakOff(prefix, (transport) => act(here, transport, version));
        const again = clientOf(server, proxy.port, prefix);
        const before = proxy.bytesUp;
        expect(await act(here, again, version)).toMatchObject({ versions: 1 });
        expect(proxy.bytesUp - before).toBeLessThan(11 << 20);
        expect(proxy.bytesUp - before).toBeGreaterThan(8 << 20);
        if (name === 'of a pack') await readAndCompare(here, again, version);
        else expect((await again.get(objectKey(md5Of(large), 'md5')))?.bytes.equals(large)).toBe(true);
        expect(await leftoversOf(again)).toEqual([]);
        await again.close();
      });

      test('is found by a collection and ended; a push begins it anew then', async () => {
        const here = openPlace(freshFolder());
        const version = storeVersion(here, { large });
        await breakOff('ended', (transport) => pushed(here, transport, version));
        const direct = clientOf(server, server.port, 'ended');
        const tomorrow = Date.now() + 25 * 3_600_000;
        const order = { ...here, transport: direct, graceMs: 0, dryRun: false, clock: () => tomorrow };
        expect(await collectRemote(order, recordedContext().context)).toMatchObject({ leftovers: 1 });
        expect(await leftoversOf(direct)).toEqual([]);
        await pushed(here, direct, version);
        await readAndCompare(here, direct, version);
        await direct.close();
      });

      test('parts that are not ours are sent again', async () => {
        const here = openPlace(freshFolder());
        const version = storeVersion(here, { large });
        await breakOff('foreign', (transport) => pushed(here, transport, version));
        const direct = clientOf(server, server.port, 'foreign');
        const [upload] = await leftoversOf(direct);
        const other = Buffer.from(large).reverse();
        const broken = {
          size: other.length,
          read: (start: number, end: number) => {
            if (start > 30 << 20) throw new Error('enough');
            return other.subarray(start, end);
          },
        };
        await expect(direct.put(upload ?? '', broken)).rejects.toThrow('enough');
        const again = clientOf(server, server.port, 'foreign');
        await pushed(here, again, version);
        await readAndCompare(here, again, version);
        await Promise.all([direct.close(), again.close()]);
      });
    });

    test('connections that break and a server that is overloaded now and then only cost time', async () => {
      const random = seededRandom(3);
      const [here, there] = [openPlace(freshFolder()), openPlace(freshFolder())];
      // Of two parts, so that an upload breaks within and between them.
      const version = storeVersion(here, { ...randomFiles(40, 3_000), 'large.bin': randomBytes(18 << 20) });
      const through = clientOf(server, proxy.port, 'flaky');
      let cuts = 0;
      proxy.faults = {
        cutAfter: () => {
          cuts += 1;
          // Some live long enough for a whole part.
          return random() < 0.6 ? Math.floor(random() * (4 << 20)) : 20 << 20;
        },
        overloaded: () => random() < 0.2,
      };
      await pushed(here, through, version);
      await fetched(there, through, version);
      proxy.faults = {};
      expect(cuts).toBeGreaterThan(3);
      expect(readStored(there, version.hash)).toEqual(readStored(here, version.hash));
      await through.close();
    });
  });
};

const leftoversOf = async (transport: Transport): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of transport.leftovers('')) keys.push(key);
  return keys;
};

const renamed = (files: Record<string, Buffer>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`more/${name}`, bytes]));

const readAndCompare = async (here: Place, transport: Transport, version: RemoteVersion): Promise<void> => {
  const there = openPlace(freshFolder());
  await fetched(there, transport, version);
  expect(digestsOf(there, version)).toEqual(digestsOf(here, version));
};

/** Large files are compared byte by byte only where their digests are made. */
const digestsOf = (place: Place, { hash }: RemoteVersion): Record<string, string> =>
  Object.fromEntries(Object.entries(readStored(place, hash)).map(([path, bytes]) => [path, sha256Of(bytes)]));

describeBrokenNetwork('moto behind a broken network', startMoto);

describe.skipIf(versitygw === null)('versitygw', () => {
  const server = versitygw as S3Server;
  describeBrokenNetwork('versitygw behind a broken network', () => Promise.resolve(server));

  test('bytes that change on their way up are refused there, and sent again until they arrive', async () => {
    const again = await startVersitygw(freshFolder());
    if (again === null) return;
    const proxy = await startFaultProxy(again.port);
    const here = openPlace(freshFolder());
    const version = storeVersion(here, { large: randomBytes(3 << 20) });
    const transport = clientOf(again, proxy.port, 'damage');
    let damages = 0;
    // Pieces of this size are in the middle of a body.
    proxy.faults = { damages: (piece) => piece.length > 60_000 && (damages += 1) <= 2 };
    await pushed(here, transport, version);
    expect(damages).toBeGreaterThan(2);
    await readAndCompare(here, transport, version);
    proxy.faults = { damages: (piece) => piece.length > 60_000 };
    const next = storeVersion(here, { large: randomBytes(3 << 20) }, 2);
    await expect(pushed(here, transport, next)).rejects.toMatchObject({ code: 'remote-unreachable' });
    expect((await readRef(clientOf(again, again.port, 'damage'), path))?.versions).toEqual([version]);
    await transport.close();
    await proxy.close();
    await again.stop();
  });
});
