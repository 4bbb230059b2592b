import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../../sidecar/serving/routes.ts';
import { ask, inferBody, openEndpoint, numbersModel, type Opened } from './open-endpoint.ts';

let opened: Opened;
beforeAll(async () => {
  opened = await openEndpoint({ served: { ...numbersModel(1), model: '<b>tab</b>' } });
});
afterAll(() => opened.endpoint.close());

const get = (path: string, headers: Record<string, string> = {}) => ask(opened.endpoint, { path, headers });

test('the OpenAPI document has every route, with its bodies, its refusals and the token', async () => {
  const reply = await get('/openapi.json');
  const document = reply.json() as {
    openapi: string;
    security: unknown;
    paths: Record<string, Record<string, { responses: object; requestBody?: { content: object } }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  expect(document.security).toEqual([{ token: [] }]);
  for (const { path, method, accepts } of routes) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect(Object.keys(operation?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '405',
      '413',
      '415',
      '500',
      '503',
    ]);
    if (accepts !== undefined) {
      expect(Object.keys(operation!.requestBody!.content)).toEqual(accepts.filter((type) => type !== ''));
    }
  }
});

test('the front page is JSON for programs, with the key that KServe looks for', async () => {
  expect((await get('/')).json()).toMatchObject({ status: 'alive', version: 1 });
});

test('the page for people holds no script and shows names as text', async () => {
  const reply = await get('/', { accept: 'text/html' });
  const text = reply.body.toString();
  expect(reply.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(reply.headers['content-type']).toMatch(/^text\/html/);
  expect(text).not.toContain('<b>');
  expect(text).toContain('/predict');
  expect(text).not.toContain(opened.endpoint.token);
});

test('figures for Prometheus count by version and status, and old versions are dropped', async () => {
  const body = inferBody([0, 0], [1, 2]);
  const path = `/v2/models/${encodeURIComponent('<b>tab</b>')}/infer`;
  for (let version = 1; version <= 7; version++) {
    if (version > 1) await opened.endpoint.swap({ ...numbersModel(version), model: '<b>tab</b>' });
    await ask(opened.endpoint, { path, body });
    await ask(opened.endpoint, { path, body: '{}' });
  }
  const reply = await get('/metrics');
  expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = reply.body.toString();
  const labels = (version: number, code: number) =>
    `{model="<b>tab</b>",version="${version}",arm="stable",code="${code}",endpoint="tab"}`;
  expect(text).toContain(`trainyard_requests_total${labels(7, 200)} 1`);
  expect(text).toContain(`trainyard_requests_total${labels(7, 400)} 1`);
  expect(text).toMatch(/trainyard_request_duration_seconds_bucket\{le="0.00025",/);
  expect(text).toMatch(/trainyard_queue_rows\{endpoint="tab"\} 0/);
  const versions = new Set([...text.matchAll(/version="(\d+)"/g)].map(([, version]) => version));
  expect(versions.size).toBeLessThanOrEqual(4);
});

test('what is not there is told in JSON', async () => {
  for (const path of ['/nothing', '/v2/nothing', '/openapi.json/', '/predict/']) {
    const reply = await get(path);
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
  }
  const reply = await ask(opened.endpoint, { method: 'DELETE', path: '/metrics' });
  expect([reply.status, reply.headers.allow]).toEqual([405, 'GET']);
});
