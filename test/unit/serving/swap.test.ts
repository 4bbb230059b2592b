import { Agent, request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { EndpointProcess } from '../../../sidecar/serving/endpoint.ts';
import { ask, inferBody, openEndpoint, shareOfNo, numbersModel } from './open-endpoint.ts';

let endpoint: EndpointProcess | undefined;
afterEach(() => endpoint?.close());

interface Infer {
  readonly model_version: string;
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
}

test('no request is dropped over 24 swaps under 32 clients, and each answer is that of the version it names', async () => {
  ({ endpoint } = await openEndpoint());
  const { port, token, swap } = endpoint;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const body = inferBody([0, 0], [1, 2]);
  const post = () =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token ?? ''}`, 'content-length': body.length };
      request({ agent, host: '127.0.0.1', port, path: '/v2/models/tab/infer', method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end(body);
    });

  let over = false;
  let answered = 0;
  const seen = new Set<number>();
  const client = async () => {
    while (!over) {
      const { status, text } = await post();
      expect(status).toBe(200);
      const reply = JSON.parse(text) as Infer;
      const version = Number(reply.model_version);
      const share = reply.outputs.find(({ name }) => name === 'probabilities')?.data[0];
      expect(share).toBeCloseTo(shareOfNo(version), 5);
      seen.add(version);
      answered += 1;
    }
  };
  const clients = Promise.all(Array.from({ length: 32 }, client));
  for (let version = 2; version <= 25; version++) await swap(numbersModel(version));
  over = true;
  await clients;
  agent.destroy();

  expect(answered).toBeGreaterThan(24 * 32);
  expect(seen.size).toBeGreaterThan(20);
  expect(endpoint.served().version).toBe(25);
  expect(endpoint.stats()).toMatchObject({ requests: answered, errors: 0, rows: answered });
});

test('a model that is none leaves the old one answering', async () => {
  ({ endpoint } = await openEndpoint());
  await expect(endpoint.swap({ ...numbersModel(2), onnx: new Uint8Array([1, 2, 3]) })).rejects.toMatchObject({
    code: 'model-invalid',
  });
  const reply = await ask(endpoint, { path: '/v2/models/tab/infer', body: inferBody([0, 0], [1, 2]) });
  expect(reply.json()).toMatchObject({ model_version: '1' });
});

test('swaps asked for at once end with the last one', async () => {
  ({ endpoint } = await openEndpoint());
  const { swap } = endpoint;
  await Promise.all([2, 3, 4].map((version) => swap(numbersModel(version))));
  expect(endpoint.served().version).toBe(4);
});
