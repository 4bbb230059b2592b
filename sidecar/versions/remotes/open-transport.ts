import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { remoteUnusable } from '../../faults.ts';
import { awsSettings } from './config/aws-profile.ts';
import { hasScheme, type RemoteSettings } from './config/dvc-config.ts';
import { openFileTree } from './files/file-tree.ts';
import { openFolder } from './files/folder.ts';
import { openExchange } from './http/exchange.ts';
import { openHttp } from './http/read-only.ts';
import { openS3 } from './s3/client.ts';
import { placeOfBucket } from './s3/place.ts';
import type { Transport, TransportNeeds } from './transport.ts';

/** The way to a remote, by its url. Nothing is contacted before the first object is asked for. */
export const openTransport = async (needs: TransportNeeds): Promise<Transport> => {
  const { remote } = needs;
  if (!hasScheme(remote.url)) return openPath(remote, remote.url);
  const url = URL.canParse(remote.url) ? new URL(remote.url) : null;
  const open = url === null ? undefined : schemes[url.protocol];
  if (url === null || open === undefined)
    throw remoteUnusable(remote.name, `its url ${remote.url} is of no kind that is known`, kinds);
  return open(needs, url);
};

const kinds =
  'Known are s3://bucket/folder, ssh://host/folder, https://host/folder (to pull from), and the path of a folder.';

const openBucket = (needs: TransportNeeds, url: URL): Transport => {
  const { remote, environment } = needs;
  const { settings } = remote;
  const { keys, region, endpoint, style } = awsSettings(remote.name, settings, environment);
  const folder = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  const place = placeOfBucket({
    bucket: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    endpoint: endpoint === undefined ? undefined : withScheme(endpoint, settings['use_ssl']),
    region,
    style,
    writeHeaders: writeHeadersOf(settings),
  });
  return openS3({ place, keys, exchange: openWeb(needs), address: `s3://${url.hostname}/${folder}` });
};

const withScheme = (endpoint: string, useSsl: string | undefined): string =>
  hasScheme(endpoint) ? endpoint : `${useSsl === 'false' ? 'http' : 'https'}://${endpoint}`;

const headersBySetting = {
  acl: 'x-amz-acl',
  sse: 'x-amz-server-side-encryption',
  sse_kms_key_id: 'x-amz-server-side-encryption-aws-kms-key-id',
} as const;

const writeHeadersOf = (settings: RemoteSettings['settings']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headersBySetting).flatMap(([key, header]) => {
      const value = settings[key];
      return value === undefined ? [] : [[header, value]];
    }),
  );

/** Certificates may be replaced by ones of one's own; the check itself is never left out. */
const openWeb = ({ remote, environment, signal }: TransportNeeds) => {
  const verify = remote.settings['ssl_verify'];
  if (verify === 'false')
    throw remoteUnusable(
      remote.name,
      'ssl_verify is false, and without the check anybody between could read and change the data',
      'Set ssl_verify to a file with the certificate of the authority that signs for the server.',
    );
  const path = verify === undefined || verify === 'true' ? environment['AWS_CA_BUNDLE'] : verify;
  if (path !== undefined && !existsSync(path))
    throw remoteUnusable(remote.name, `there is no certificate at ${path}`, 'Correct ssl_verify or AWS_CA_BUNDLE.');
  return openExchange({ signal, ...(path === undefined ? {} : { ca: readFileSync(path, 'utf8') }) });
};

const openWebFolder = (needs: TransportNeeds, url: URL): Transport => {
  const { user, password } = needs.remote.settings;
  const headers =
    user === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` };
  return openHttp({ url: new URL(`${url.origin}${url.pathname.replace(/\/*$/, '/')}`), headers }, openWeb(needs));
};

/** The library is large and few need it: it is loaded when it is. */
const openSsh = async (needs: TransportNeeds, url: URL): Promise<Transport> =>
  (await import('./sftp/open-sftp.ts')).openSftp(needs, url);

const openPath = (remote: RemoteSettings, path: string): Transport => {
  const folder = isAbsolute(path) ? path : resolve(remote.base, path);
  return openFileTree(openFolder(folder), folder);
};

type Open = (needs: TransportNeeds, url: URL) => Transport | Promise<Transport>;

const refuseGoogle: Open = ({ remote }, url) => {
  throw remoteUnusable(
    remote.name,
    'gs:// needs Google’s own interface',
    `Write s3://${url.hostname}${url.pathname} with endpointurl = https://storage.googleapis.com and HMAC keys; DVC reads that too.`,
  );
};

const schemes: Readonly<Partial<Record<string, Open>>> = {
  's3:': openBucket,
  'gs:': refuseGoogle,
  'ssh:': openSsh,
  'sftp:': openSsh,
  'http:': openWebFolder,
  'https:': openWebFolder,
  'file:': ({ remote }, url) => openPath(remote, fileURLToPath(url)),
};
