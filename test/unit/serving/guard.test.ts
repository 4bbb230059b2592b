import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../sidecar/serving/routes.ts';
import { ask, inferBody, openEndpoint, type Opened } from './open-endpoint.ts';

let opened: Opened;
beforeAll(async () => {
  opened = await openEndpoint();
});
afterAll(() => opened.endpoint.close());

const infer = { path: '/v2/models/tab/infer', body: inferBody([0, 0], [1, 2]) };
const paths = [
  ...routes.map(({ path }) => path.replace('{model}', 'tab').replace('{version}', '1')),
  '/',
  '/metrics',
  '/openapi.json',
  '/nothing',
];

/** The bytes as they are, since Node's client would not send most of these. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(opened.endpoint.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (part: Buffer) => {
      answer += part.toString();
      // Hanging up before the answer would cancel the request.
      if (/HTTP\/1\.1 (?!100)/.test(answer)) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

const rawInfer = (host: string, address = infer.path): string =>
  `POST ${address} HTTP/1.1\r\n${host}Authorization: Bearer ${opened.endpoint.token ?? ''}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${infer.body.length}\r\nConnection: close\r\n\r\n${infer.body}`;

test('both of our own names are answered', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const headers = { host: `${host}:${opened.endpoint.port}` };
    expect((await ask(opened.endpoint, { ...infer, headers })).status).toBe(200);
  }
});

describe('a foreign Host is refused', () => {
  const port = () => opened.endpoint.port;
  const hosts: Record<string, () => string> = {
    'a rebound name': () => 'Host: evil.test\r\n',
    'a rebound name with our port': () => `Host: evil.test:${port()}\r\n`,
    'our address in front of another name': () => `Host: 127.0.0.1.evil.test:${port()}\r\n`,
    'localhost in front of another name': () => `Host: localhost.evil.test:${port()}\r\n`,
    'capital letters': () => `Host: LOCALHOST:${port()}\r\n`,
    'the address of IPv6': () => `Host: [::1]:${port()}\r\n`,
    'all addresses': () => `Host: 0.0.0.0:${port()}\r\n`,
    'a short address': () => `Host: 127.1:${port()}\r\n`,
    'a decimal address': () => `Host: 2130706433:${port()}\r\n`,
    'a trailing dot': () => `Host: localhost.:${port()}\r\n`,
    'another port': () => `Host: 127.0.0.1:${port() + 1}\r\n`,
    'no port': () => 'Host: 127.0.0.1\r\n',
    'a user in front': () => `Host: evil@127.0.0.1:${port()}\r\n`,
    'an empty one': () => 'Host: \r\n',
    none: () => '',
    'two, ours first': () => `Host: 127.0.0.1:${port()}\r\nHost: evil.test\r\n`,
    'two, ours last': () => `Host: evil.test\r\nHost: 127.0.0.1:${port()}\r\n`,
  };
  test.each(Object.entries(hosts))('%s', async (_name, host) => {
    expect(await raw(rawInfer(host()))).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('an address with a scheme', async () => {
    const host = `Host: 127.0.0.1:${port()}\r\n`;
    expect(await raw(rawInfer(host, `http://evil.test${infer.path}`))).toMatch(/^HTTP\/1\.1 403 /);
  });
});

test.each([
  { origin: 'null' },
  { origin: 'http://evil.test' },
  { origin: 'http://127.0.0.1:1' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'same-origin' },
])('a web page is refused: %o', async (headers) => {
  for (const agent of ['Mozilla/5.0', 'curl/8', 'Other']) {
    expect((await ask(opened.endpoint, { ...infer, headers: { ...headers, 'user-agent': agent } })).status).toBe(403);
  }
});

test('an empty Origin is one', async () => {
  const host = `Host: 127.0.0.1:${opened.endpoint.port}\r\nOrigin:\r\n`;
  expect(await raw(rawInfer(host))).toMatch(/^HTTP\/1\.1 403 /);
});

describe('every route asks for the token, whatever the method', () => {
  const tokens = ['', 'Bearer ', 'Bearer wrong', 'Basic YTpi'];
  test.each(paths)('%s', async (path) => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'];
    for (const method of methods) {
      for (const authorization of tokens) {
        const headers = { authorization, 'x-http-method-override': 'GET' };
        expect((await ask(opened.endpoint, { method, path, headers })).status, `${method} ${authorization}`).toBe(401);
      }
    }
  });
});

test.each(routes.map(({ method, path }) => [method, path] as const))(
  '%s %s answers no other method',
  async (method, path) => {
    const at = path.replace('{model}', 'tab').replace('{version}', '1');
    for (const other of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
      (name) => name !== method,
    )) {
      const { status, headers } = await ask(opened.endpoint, { method: other, path: at });
      expect(status, other).toBe(405);
      expect(headers.allow).toBe(method);
    }
  },
);

test('no answer gives a page leave to read it, or sends a caller elsewhere', async () => {
  for (const path of [
    ...paths,
    '/..%2f',
    '//evil.test',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/v2/models/%252e%252e',
    '/%00',
    '/%zz',
  ]) {
    const { status, headers } = await ask(opened.endpoint, { path });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
    expect(status < 300 || status >= 400, path).toBe(true);
    expect(status, path).toBeLessThan(500);
  }
});

test('a web socket is not opened', async () => {
  const upgrade = `Host: 127.0.0.1:${opened.endpoint.port}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;
  expect(await raw(`GET /ping HTTP/1.1\r\n${upgrade}Connection: Upgrade\r\n\r\n`)).toMatch(/^HTTP\/1\.1 401 /);
  const page = `${upgrade}Origin: http://evil.test\r\n`;
  expect(await raw(`GET /ping HTTP/1.1\r\n${page}Connection: Upgrade\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
});

test.each([
  'CONNECT evil.test:80 HTTP/1.1\r\nHost: x\r\n\r\n',
  'nonsense\r\n\r\n',
  'GET / HTTP/1.1\r\nbroken header\r\n\r\n',
  `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
])('what is no request gets a JSON error', async (text) => {
  const answer = await raw(text);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer).toContain('{"error":');
});

test('a caller that asks first is told to go on, or is refused before it sends its body', async () => {
  const host = `Host: 127.0.0.1:${opened.endpoint.port}\r\nExpect: 100-continue\r\n`;
  expect(await raw(rawInfer(host))).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  expect(await raw(rawInfer('Host: evil.test\r\nExpect: 100-continue\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
});

test('without a token the other checks stay', async () => {
  const { endpoint } = await openEndpoint({ token: null });
  try {
    expect((await ask(endpoint, { path: '/ping', headers: { authorization: '' } })).status).toBe(200);
    expect((await ask(endpoint, { path: '/ping', headers: { origin: 'null' } })).status).toBe(403);
    expect((await ask(endpoint, { path: '/ping', headers: { host: 'evil.test' } })).status).toBe(403);
  } finally {
    await endpoint.close();
  }
});
