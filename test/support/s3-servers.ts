import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Section } from '../../sidecar/versions/remotes/config/ini-text.ts';
import { installPeer } from '../../tools/peers/install.ts';
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
