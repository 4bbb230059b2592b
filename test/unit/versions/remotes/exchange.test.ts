import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openExchange } from '../../../../sidecar/versions/remotes/http/exchange.ts';
import { openS3 } from '../../../../sidecar/versions/remotes/s3/client.ts';
import { placeOfBucket, urlOf } from '../../../../sidecar/versions/remotes/s3/place.ts';
import { countBytes } from '../../../../sidecar/versions/remotes/traffic.ts';
import { recordedContext } from '../../../support/job-context.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
const serve = async (listener: RequestListener): Promise<URL> => {
  server = createServer(listener);
  const own = server;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(own.address() as AddressInfo).port}/`);
};
const exchange = (signal = new AbortController().signal) => openExchange({ signal, patienceMs: 5 });

test.each([
  ['an overload', 503, ''],
  ['too many requests', 429, ''],
  ['SlowDown under any status', 400, '<Error><Code>SlowDown</Code></Error>'],
  ['damage on the way', 400, '<Error><Code>BadDigest</Code></Error>'],
])('%s is tried again, each time asked anew', async (_, status, body) => {
  let answers = 0;
  const url = await serve((_request, response) => {
    answers += 1;
    if (answers < 3) response.writeHead(status).end(body);
    else response.end('at last');
  });
  let asked = 0;
  const reply = await exchange().send(() => {
    asked += 1;
    return { method: 'GET', url, headers: {} };
  });
  expect([String(reply.body), asked]).toEqual(['at last', 3]);
});

test('a refusal is an answer, and asked for once', async () => {
  let answers = 0;
  const url = await serve((_request, response) => {
    answers += 1;
    response.writeHead(403).end();
  });
  expect(await exchange().send(() => ({ method: 'GET', url, headers: {} }))).toMatchObject({ status: 403 });
  expect(answers).toBe(1);
});

test('who never answers well is given up, in words', async () => {
  const url = await serve((request) => request.socket.destroy());
  const sent = exchange().send(() => ({ method: 'GET', url, headers: {} }));
  await expect(sent).rejects.toMatchObject({
    code: 'remote-unreachable',
    message: expect.stringContaining(url.host) as string,
  });
});

test('an abort ends it at once', async () => {
  const url = await serve(() => undefined);
  const stop = new AbortController();
  const sent = exchange(stop.signal).send(() => ({ method: 'GET', url, headers: {} }));
  stop.abort(new Error('enough'));
  await expect(sent).rejects.toThrow('enough');
});

test('a bucket that lives in another region is followed there', async () => {
  const regions: string[] = [];
  const url = await serve((request, response) => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    regions.push(region);
    if (region === 'eu-west-1') response.writeHead(200, { etag: '"1"' }).end('found');
    else response.writeHead(400, { 'x-amz-bucket-region': 'eu-west-1' }).end();
  });
  const place = placeOfBucket({
    bucket: 'b',
    prefix: '',
    endpoint: url.href,
    region: 'us-east-1',
    style: undefined,
    writeHeaders: {},
  });
  const keys = { accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' };
  const s3 = openS3({ place, keys, exchange: exchange(), address: 's3://b' });
  expect(String((await s3.get('key'))?.bytes)).toBe('found');
  await s3.get('other');
  expect(regions).toEqual(['us-east-1', 'eu-west-1', 'eu-west-1']);
});

test('a bucket of Amazon stands in the name of the host unless it has dots; one of another server in the path', () => {
  const placed = (bucket: string, endpoint?: string, style?: string) =>
    urlOf(placeOfBucket({ bucket, prefix: '', endpoint, region: 'eu-west-1', style, writeHeaders: {} }), 'a b/+é').href;
  expect(placed('plain')).toBe('https://plain.s3.eu-west-1.amazonaws.com/a%20b/%2B%C3%A9');
  expect(placed('with.dots')).toBe('https://s3.eu-west-1.amazonaws.com/with.dots/a%20b/%2B%C3%A9');
  expect(placed('plain', 'http://127.0.0.1:9000')).toBe('http://127.0.0.1:9000/plain/a%20b/%2B%C3%A9');
  expect(placed('plain', 'https://minio.example/s3', 'virtual')).toBe('https://plain.minio.example/s3/a%20b/%2B%C3%A9');
});

test('progress tells bytes, speed and the time that is left at the speed of the last seconds', () => {
  let now = 0;
  const told: { fraction: number | null; note: string; left: number | undefined }[] = [];
  const { context } = recordedContext();
  const traffic = countBytes(
    20_000_000,
    'pushed',
    { ...context, progress: (fraction, note, left) => void told.push({ fraction, note, left }) },
    () => now,
  );
  for (let second = 1; second <= 10; second += 1) {
    now = second * 1000;
    traffic.add(1_000_000);
  }
  expect(told.at(-1)).toEqual({ fraction: 0.5, note: '10.0 of 20.0 MB pushed, 1.0 MB/s', left: 10_000 });
  // A million small objects are not told of one by one; the last one is.
  for (let object = 0; object < 1_000; object += 1) traffic.add(10_000);
  expect(told).toHaveLength(12);
  expect(told.at(-1)).toMatchObject({ fraction: 1 });
});
