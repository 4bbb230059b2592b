import { writeFileSync, mkdirSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findSidecar, stopSidecar } from '../../../sidecar/client/find.ts';
import { CONTRACT_VERSION, type Greeting } from '../../../sidecar/contract/greeting.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

let root: string;
let server: Server | undefined;
beforeEach(() => {
  root = freshFolder();
  mkdirSync(join(root, '.trainyard'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const token = 't'.repeat(64);
const greeting = (startId: string): Greeting => ({
  product: 'trainyard',
  contract: CONTRACT_VERSION,
  version: '1',
  startId,
  workspace: root,
  pid: 1,
  socket: join(root, 's'),
  node: 'v24',
  sqlite: '3',
  onnxruntime: '1',
});

/** Something that listens where the address file says a sidecar does. */
const listen = (answer: RequestListener): Promise<void> =>
  new Promise((resolve) => {
    server = createServer(answer).listen(join(root, 's'), resolve);
  });
const say =
  (body: unknown, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const writeAddress = (changes: object = {}) => {
  const address = { startId: 'a', pid: 1, socket: join(root, 's'), token, contract: CONTRACT_VERSION, ...changes };
  writeFileSync(join(root, '.trainyard/sidecar.json'), JSON.stringify(address));
};

test('a sidecar that answers and names the start in its address file is found', async () => {
  writeAddress();
  let asked: string | undefined;
  await listen((request, response) => {
    asked = `${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? ''}`;
    response.end(JSON.stringify(greeting('a')));
  });
  expect(await findSidecar(root)).toMatchObject({ address: { startId: 'a' }, greeting: { startId: 'a' } });
  expect(asked).toBe(`POST /hello Bearer ${token}`);
});

test.each<[string, RequestListener]>([
  ['names another start', (request, response) => say(greeting('b'))(request, response)],
  ['is no sidecar', say('<html>')],
  ['answers in another form', say({ product: 'another' })],
  ['does not know the token', say({ code: 'unauthorized', message: '' }, 401)],
  ['hangs up', (request) => request.socket.destroy()],
])('who %s is not taken for it', async (_, answer) => {
  writeAddress();
  await listen(answer);
  expect(await findSidecar(root)).toBeNull();
});

test('where nobody listens nobody is found, whatever the address file says', async () => {
  expect(await findSidecar(root)).toBeNull();
  writeAddress();
  expect(await findSidecar(root)).toBeNull();
  writeAddress({ contract: CONTRACT_VERSION + 1 });
  expect(await findSidecar(root)).toBeNull();
});

test('one of another contract is a fault, whatever its greeting looks like', async () => {
  writeAddress({ contract: CONTRACT_VERSION + 1 });
  await listen(say({ of: 'another time' }));
  await expect(findSidecar(root)).rejects.toMatchObject({ code: 'contract-mismatch' });
});

test('stopping asks whoever listens, and tells whether somebody did', async () => {
  expect(await stopSidecar(root)).toBe(false);
  writeAddress({ contract: CONTRACT_VERSION + 1 });
  expect(await stopSidecar(root)).toBe(false);
  const asked: (string | undefined)[] = [];
  await listen((request, response) => {
    asked.push(request.url);
    response.end('{}');
  });
  expect(await stopSidecar(root)).toBe(true);
  expect(asked).toEqual(['/shutdown']);
});
