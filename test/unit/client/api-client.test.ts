import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApiClient } from '../../../sidecar/client/api-client.ts';
import { openEventStream } from '../../../sidecar/client/event-stream.ts';
import type { SidecarEvent } from '../../../sidecar/contract/events.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const address = () => ({ socket: join(folder, 's'), token: 't'.repeat(64) });
const listen = (answer: RequestListener): Promise<void> =>
  new Promise((resolve) => {
    server = createServer(answer).listen(address().socket, resolve);
  });

test('a reply that breaks the contract is not handed on', async () => {
  await listen((_, response) => response.end('{"kept": 7}'));
  await expect(createApiClient(address()).restoreDataset({ dataset: 'a', version: 1 })).rejects.toThrow(/written/);
});

test('a fault arrives as it was refused; any other refusal is “unreachable”, with its number', async () => {
  await listen((request, response) => {
    response.statusCode = request.url === '/getRun' ? 404 : 418;
    response.end(request.url === '/getRun' ? '{"code":"run-missing","message":"There is none.","hint":"Look."}' : '{}');
  });
  const client = createApiClient(address());
  await expect(client.cancelRun({ run: 'r1' })).rejects.toMatchObject({
    code: 'sidecar-unreachable',
    message: expect.stringContaining('418') as string,
  });
  await expect(client.getRun({ run: 'r1' })).rejects.toMatchObject({
    code: 'run-missing',
    message: 'There is none.',
    hint: 'Look.',
  });
});

test('nobody there is a fault, and so is a connection that breaks, or a reply that is no JSON', async () => {
  const client = createApiClient(address());
  await expect(client.hello({})).rejects.toMatchObject({ code: 'sidecar-unreachable' });
  await listen((request, response) => {
    if (request.url === '/hello') request.socket.destroy();
    else if (request.url === '/listRuns') {
      response.write('[');
      setTimeout(() => request.socket.destroy(), 50);
    } else response.end('Bad Gateway');
  });
  await expect(client.hello({})).rejects.toMatchObject({ code: 'sidecar-unreachable' });
  await expect(client.listRuns({})).rejects.toMatchObject({ code: 'sidecar-unreachable' });
  await expect(client.listModels({})).rejects.toMatchObject({ code: 'sidecar-unreachable' });
});

test('events arrive whole and in order, however the stream is cut into pieces', async () => {
  const event = (seq: number) => ({ seq, at: 1, type: 'driftAlarmCleared', endpoint: 'ü→', sentence: 'line\nfeed' });
  const text = `: listening\n\n${[1, 2, 3].map((seq) => `id: ${seq}\ndata: ${JSON.stringify(event(seq))}\n\n: alive\n\n`).join('')}`;
  const bytes = Buffer.from(text);
  await listen((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let at = 0;
    const next = () => {
      if (at >= bytes.length) return void response.end();
      response.write(bytes.subarray(at, (at += 7)));
      setImmediate(next);
    };
    next();
  });
  const heard: SidecarEvent[] = [];
  const why = await new Promise<string>((resolve, reject) => {
    openEventStream(address(), (one) => heard.push(one), resolve).catch(reject);
  });
  expect(heard).toEqual([event(1), event(2), event(3)]);
  expect(why).toBe('the sidecar closed the connection');
});

test('a stream that its listener closes is not reported as lost; one that is refused is a fault', async () => {
  let refuse = false;
  await listen((_, response) => {
    response.writeHead(refuse ? 401 : 200);
    response.flushHeaders();
    if (refuse) response.end();
  });
  const lost: string[] = [];
  const stream = await openEventStream(
    address(),
    () => undefined,
    (why) => lost.push(why),
  );
  stream.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lost).toEqual([]);
  refuse = true;
  await expect(
    openEventStream(
      address(),
      () => undefined,
      () => undefined,
    ),
  ).rejects.toMatchObject({ code: 'sidecar-unreachable' });
});

test('the progress of a long call arrives before its reply, and a fault at its end is thrown', async () => {
  await listen((request, response) => {
    expect(request.headers.accept).toBe('application/x-ndjson');
    response.write('{"progress":{"fraction":0.25,"note":"1 of 4 ');
    setTimeout(() => {
      response.write('files"}}\n{"progress":{"fraction":null,"note":"last"}}\n');
      const end = request.url === '/listDatasets' ? { reply: [] } : { fault: { code: 'disk-full', message: 'Full.' } };
      response.end(`${JSON.stringify(end)}\n`);
    }, 20);
  });
  const heard: unknown[] = [];
  const onProgress = (progress: unknown) => heard.push(progress);
  const client = createApiClient(address());
  expect(await client.listDatasets({}, { onProgress })).toEqual([]);
  expect(heard).toEqual([
    { fraction: 0.25, note: '1 of 4 files' },
    { fraction: null, note: 'last' },
  ]);
  await expect(client.versionDataset({ path: 'data' }, { onProgress })).rejects.toMatchObject({ code: 'disk-full' });
});

test('an answer in lines that ends without a reply is “unreachable”, one that the caller ends is “cancelled”', async () => {
  let gone = 0;
  await listen((request, response) => {
    response.write('{"progress":{"fraction":0,"note":"begun"}}\n');
    response.on('close', () => (gone += 1));
    if (request.url === '/hello') response.end();
  });
  const client = createApiClient(address());
  await expect(client.hello({}, { onProgress: () => undefined })).rejects.toMatchObject({
    code: 'sidecar-unreachable',
  });
  const ending = new AbortController();
  const call = client.listDatasets({}, { signal: ending.signal, onProgress: () => ending.abort() });
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => gone).toBe(2);
  await expect(client.listDatasets({}, { signal: ending.signal })).rejects.toMatchObject({ code: 'cancelled' });
});
