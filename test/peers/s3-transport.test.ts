import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTransport } from '../../sidecar/versions/remotes/open-transport.ts';
import { sourceOf } from '../../sidecar/versions/remotes/transport.ts';
import { freshFolder } from '../support/fresh-folder.ts';
import { startMoto, startVersitygw, type S3Server } from '../support/s3-servers.ts';
import { describeTransport } from '../unit/versions/remotes/transport-conformance.ts';

const folder = await freshFolder({});
afterAll(folder.remove);

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

describe('moto', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startMoto();
  });
  afterAll(() => server.stop());
  describeTransport('moto', () => clientOf(server));
});

const versitygw = await startVersitygw(folder.path);
describe.skipIf(versitygw === null)('versitygw', () => {
  const server = versitygw as S3Server;
  afterAll(() => server.stop());
  describeTransport('versitygw', () => clientOf(server));

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
