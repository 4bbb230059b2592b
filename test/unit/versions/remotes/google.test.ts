import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openExchange } from '../../../../sidecar/versions/remotes/http/exchange.ts';
import { openS3 } from '../../../../sidecar/versions/remotes/s3/client.ts';
import { placeOfBucket } from '../../../../sidecar/versions/remotes/s3/place.ts';
import { sourceOf } from '../../../../sidecar/versions/remotes/transport.ts';

const keys = { accessKeyId: 'GOOG1E', secretAccessKey: 'secret' };
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const hex = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

/** What Google’s documentation says of its signature (V4, HMAC keys), written down once more. */
const isSignedByGoogle = (request: IncomingMessage, body: Buffer): boolean => {
  const parts = /^GOOG4-HMAC-SHA256 Credential=([^/]+)\/(.+),SignedHeaders=(.+),Signature=(.+)$/;
  const [, id, scope = '', names = '', signature] = parts.exec(request.headers.authorization ?? '') ?? [];
  const [path, query = ''] = (request.url ?? '').split('?');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name])}\n`);
  const canonical = [request.method, path, query, headers.join(''), names, hex(body)].join('\n');
  const text = ['GOOG4-HMAC-SHA256', request.headers['x-goog-date'], scope, hex(canonical)].join('\n');
  const [day = '', region = '', service = '', type = ''] = scope.split('/');
  const key = hmac(hmac(hmac(hmac(`GOOG4${keys.secretAccessKey}`, day), region), service), type);
  return id === keys.accessKeyId && hmac(key, text).toString('hex') === signature;
};

/** Google’s conditions, as its documentation has them: by generation; headers of both families are not to be mixed. */
const answer =
  (objects: Map<string, { bytes: Buffer; generation: number }>) =>
  (request: IncomingMessage, body: Buffer, response: ServerResponse): void => {
    const names = Object.keys(request.headers);
    const path = request.url ?? '';
    const there = objects.get(path);
    const condition = request.headers['x-goog-if-generation-match'];
    if (names.some((name) => name.startsWith('x-goog-')) && names.some((name) => name.startsWith('x-amz-')))
      return void response.writeHead(400).end('<Error><Code>ExcessHeaderValues</Code></Error>');
    if (names.includes('if-match') || names.includes('if-none-match'))
      return void response.writeHead(400).end('<Error><Code>NotImplemented</Code></Error>');
    if (condition !== undefined && !isSignedByGoogle(request, body)) return void response.writeHead(403).end();
    if (condition !== undefined && Number(condition) !== (there?.generation ?? 0))
      return void response.writeHead(412).end();
    if (request.method === 'PUT') {
      objects.set(path, { bytes: body, generation: Date.now() * 1000 + objects.size });
      return void response.writeHead(200).end();
    }
    if (request.method === 'DELETE') return void response.writeHead(objects.delete(path) ? 204 : 404).end();
    if (there === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'x-goog-generation': String(there.generation), etag: '"x"' }).end(there.bytes);
  };

let server: Server;
let endpoint: string;
beforeEach(async () => {
  const respond = answer(new Map());
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => respond(request, Buffer.concat(pieces), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const open = () => {
  const asked = {
    bucket: 'bucket',
    prefix: 'some/',
    region: 'auto',
    style: undefined,
    writeHeaders: { 'x-amz-acl': 'private' },
  };
  const place = placeOfBucket({ ...asked, endpoint: 'https://storage.googleapis.com' });
  expect(place).toMatchObject({ dialect: 'google', style: 'path' });
  const exchange = openExchange({ signal: new AbortController().signal, patienceMs: 10 });
  return openS3({ place: { ...place, endpoint: new URL(endpoint) }, keys, exchange, address: 'google' });
};

test('lists of versions move by generation, under a signature that Google reads', async () => {
  const transport = open();
  expect(await transport.swap('refs/a b', Buffer.from('1'), null)).toBe(true);
  expect(await transport.swap('refs/a b', Buffer.from('2'), null)).toBe(false);
  const first = await transport.get('refs/a b');
  expect(await transport.swap('refs/a b', Buffer.from('2'), first?.tag ?? '')).toBe(true);
  expect(await transport.swap('refs/a b', Buffer.from('3'), first?.tag ?? '')).toBe(false);
  expect(String((await transport.get('refs/a b'))?.bytes)).toBe('2');
  await transport.close();
});

test('objects are stored through its S3 interface and removed one by one', async () => {
  const transport = open();
  await transport.put('packs/x', sourceOf(Buffer.from('pack')));
  expect(String((await transport.get('packs/x'))?.bytes)).toBe('pack');
  await transport.remove(['packs/x', 'packs/gone']);
  expect(await transport.get('packs/x')).toBeNull();
  await transport.close();
});
