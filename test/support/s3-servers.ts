import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Section } from '../../sidecar/versions/remotes/config/ini-text.ts';
import { installPeer } from '../../tools/peers/install.ts';
import { buildLakefs } from '../../tools/peers/lakefs.ts';
import { buildVersitygw } from '../../tools/peers/versitygw.ts';
import { startServer, type ChildServer } from './child-server.ts';

/** A real S3 server on this machine, empty, with one bucket. */
export interface S3Server extends ChildServer {
  readonly endpoint: string;
  readonly bucket: string;
  /** What a remote must be set to, to be let in. */
  readonly settings: Section;
}

const keys = { access_key_id: 'trainyard', secret_access_key: 'a-secret/with+signs=;' };
const bucket = 'bucket';

const describe = (server: ChildServer): S3Server => {
  const endpoint = `http://127.0.0.1:${server.port}`;
  return { ...server, endpoint, bucket, settings: { endpointurl: endpoint, region: 'us-east-1', ...keys } };
};

/** One request at a time: with threads, of many writes on the same condition now and then two succeed. */
const motoProgram = `
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple('127.0.0.1', int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
`;

/** moto: its conditional writes are right; it looks at neither signatures nor checksums. */
export const startMoto = async (): Promise<S3Server> => {
  const python = await installPeer('moto');
  const server = await startServer({ program: python, args: (port) => ['-c', motoProgram, String(port)] });
  const described = describe(server);
  await fetch(`${described.endpoint}/${bucket}`, {
    method: 'PUT',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request' },
  });
  return described;
};

/** versitygw: checks everything. @returns null, with the reason printed, where it is not to be had */
export const startVersitygw = async (folder: string): Promise<S3Server | null> => {
  const built = await buildVersitygw();
  if ('missing' in built) {
    process.stderr.write(`Skipped: ${built.missing}.\n`);
    return null;
  }
  const buckets = join(folder, 'buckets');
  await mkdir(join(buckets, bucket), { recursive: true });
  const server = await startServer({
    program: built.program,
    // Its own files carry what it knows of them; with --sidecar, beside them, it lost updates in the race of six.
    args: (port) => ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', 'posix', buckets],
    env: { ...process.env, ROOT_ACCESS_KEY: keys.access_key_id, ROOT_SECRET_KEY: keys.secret_access_key },
  });
  return describe(server);
};

/** lakeFS: a bucket is a repository, and the first part of a key is a branch. @returns null as above */
export const startLakefs = async (folder: string): Promise<S3Server | null> => {
  const built = await buildLakefs();
  if ('missing' in built) {
    process.stderr.write(`Skipped: ${built.missing}.\n`);
    return null;
  }
  const server = await startServer({
    program: built.program,
    args: () => ['run'],
    env: (port) => ({
      PATH: process.env['PATH'],
      HOME: folder,
      LAKEFS_LISTEN_ADDRESS: `127.0.0.1:${port}`,
      LAKEFS_DATABASE_TYPE: 'local',
      LAKEFS_DATABASE_LOCAL_PATH: join(folder, 'keys'),
      LAKEFS_BLOCKSTORE_TYPE: 'local',
      LAKEFS_BLOCKSTORE_LOCAL_PATH: join(folder, 'blocks'),
      LAKEFS_AUTH_ENCRYPT_SECRET_KEY: 'only for tests',
      LAKEFS_STATS_ENABLED: 'false',
      LAKEFS_INSTALLATION_USER_NAME: 'test',
      LAKEFS_INSTALLATION_ACCESS_KEY_ID: keys.access_key_id,
      LAKEFS_INSTALLATION_SECRET_ACCESS_KEY: keys.secret_access_key,
    }),
  });
  const described = describe(server);
  const login = Buffer.from(`${keys.access_key_id}:${keys.secret_access_key}`).toString('base64');
  const created = await fetch(`${described.endpoint}/api/v1/repositories`, {
    method: 'POST',
    headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: bucket, storage_namespace: 'local://data', default_branch: 'main' }),
  });
  if (created.status !== 201) throw new Error(`lakeFS made no repository: ${created.status} ${await created.text()}`);
  return described;
};
