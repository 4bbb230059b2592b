import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RemoteVersion } from '../../sidecar/contract/remote.ts';
import { sha256Of } from '../../sidecar/versions/hash.ts';
import { openTransport } from '../../sidecar/versions/remotes/open-transport.ts';
import { addToRef, readRef } from '../../sidecar/versions/remotes/ref.ts';
import { sourceOf } from '../../sidecar/versions/remotes/transport.ts';
import { sharedFolder } from '../support/fresh-folder.ts';
import { startLakefs, startMoto, startVersitygw, type S3Server } from '../support/s3-servers.ts';
import { describeStorage, describeTransport } from '../unit/versions/remotes/transport-conformance.ts';

const folder = sharedFolder();

const clientOf = (server: S3Server, changes: Record<string, string> = {}, prefix = 'some/where') =>
  openTransport({
    remote: {
      name: 'test',
      url: `s3://${server.bucket}/${prefix}`,
      settings: { ...server.settings, ...changes },
      base: '/',
    },
    environment: {},
    signal: new AbortController().signal,
  });

/** Six clients, each with versions of its own, through the whole of a push but its packs. */
const raceOfSix = (name: string, open: () => ReturnType<typeof clientOf>): void => {
  test(`${name}: six clients that add versions to one list at once lose none, round after round`, async () => {
    for (let round = 0; round < 4; round += 1) {
      const path = `raced-${round}`;
      const versions = Array.from({ length: 24 }, (_, at) => versionOf(round * 100 + at));
      const writing = Array.from({ length: 6 }, async (_, writer) => {
        const transport = await open();
        for (const version of versions.slice(writer * 4, writer * 4 + 4))
          await addToRef(transport, {
            path,
            versions: [version],
            packs: [version.hash],
            relies: [],
            forgotten: 'stay',
            dvcNames: {},
          });
        await transport.close();
      });
      await Promise.all(writing);
      const transport = await open();
      const ref = await readRef(transport, path);
      expect(ref?.versions).toEqual(versions);
      expect(ref?.packs).toEqual(versions.map(({ hash }) => hash).sort());
      await transport.close();
    }
  });
};

const versionOf = (number: number): RemoteVersion => ({
  hash: sha256Of(String(number)),
  kind: 'files',
  files: 1,
  bytes: 1,
  createdAt: number,
  author: 'test',
  commit: null,
  branch: null,
});

describe('moto', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startMoto();
  });
  afterAll(() => server.stop());
  describeTransport('moto', () => clientOf(server));
  raceOfSix('moto', () => clientOf(server));
});

const versitygw = await startVersitygw(folder);
afterAll(() => versitygw?.stop());
describe.skipIf(versitygw === null)('versitygw', () => {
  const server = versitygw as S3Server;
  describeTransport('versitygw', () => clientOf(server));
  raceOfSix('versitygw', () => clientOf(server));

  test('a wrong secret is refused, and the fault says where the right one belongs', async () => {
    const refused = (await clientOf(server, { secret_access_key: 'wrong' })).get('refs/a');
    await expect(refused).rejects.toMatchObject({
      code: 'remote-refused',
      message: expect.stringContaining('SignatureDoesNotMatch') as string,
      hint: expect.stringContaining('secret_access_key') as string,
    });
  });

  test('a bucket that is not there is named', async () => {
    const elsewhere = { ...server, bucket: 'nowhere' };
    await expect((await clientOf(elsewhere)).put('a', sourceOf(Buffer.from('x')))).rejects.toMatchObject({
      code: 'remote-refused',
      message: expect.stringContaining('NoSuchBucket') as string,
    });
  });
});

const lakefs = await startLakefs(join(folder, 'lakefs'));
afterAll(() => lakefs?.stop());
describe.skipIf(lakefs === null)('lakefs', () => {
  const server = lakefs as S3Server;
  let places = 0;
  const onMain = () => clientOf(server, {}, `main/some/where${places}`);
  describeStorage('lakefs', () => {
    places += 1;
    return onMain();
  });

  // Its gateway takes conditions and ignores them.
  test('no list of versions is changed there, neither when it is new nor later', async () => {
    const transport = await onMain();
    const adding = (at: number) =>
      addToRef(transport, {
        path: 'data',
        versions: [versionOf(at)],
        packs: [],
        relies: [],
        forgotten: 'stay',
        dvcNames: {},
      });
    for (const at of [1, 2, 3]) await expect(adding(at)).rejects.toMatchObject({ code: 'remote-refused' });
    await transport.close();
  });
});
