import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Features } from '../../../sidecar/contract/features.ts';
import type { EndpointProcess } from '../../../sidecar/serving/endpoint.ts';
import { loadServedModel, type ServedModel } from '../../../sidecar/serving/served-model.ts';
import { ask, inferBody, inferenceEntry, openEndpoint, numbersFeatures, numbersModel } from './open-endpoint.ts';
import { classifier, regressor, wrongRank } from './tiny-model.ts';

let model: ServedModel | undefined;
let endpoint: EndpointProcess | undefined;
afterEach(async () => {
  await model?.close();
  await endpoint?.close();
  model = undefined;
  endpoint = undefined;
});

const load = async (onnx: Uint8Array, features: Partial<Features> = {}) => {
  const served = { model: 'm', version: 1, onnx, features: { ...numbersFeatures, ...features } };
  model = await loadServedModel(served, { entry: inferenceEntry });
  return model;
};
const identity = [
  [1, 0],
  [0, 1],
];

describe('models of other origin', () => {
  test('an output of another name is taken, and scores become shares', async () => {
    const { infer, outcomes } = await load(regressor([2, 0], -1, 'y'), {});
    const outputs = await infer(new Float32Array([0.75, 0]), 1);
    expect(outcomes(outputs, 1)).toEqual([{ predicted: 0, confidence: 0.5, probabilities: [0.5, 0.5] }]);
  });

  test('an input of another name is taken', async () => {
    const { inputs } = await load(classifier(identity, [0, 0], { input: 'X' }));
    expect(inputs[0]).toMatchObject({ name: 'X', shape: [-1, 2] });
  });

  test('a model for one row at a time is given one at a time', async () => {
    const { infer } = await load(classifier(identity, [0, 0], { batch: 1 }));
    const [logits] = await infer(new Float32Array([1, 2, 3, 4, 5, 6]), 3);
    expect(logits).toMatchObject({ dims: [3, 2], data: new Float32Array([1, 2, 3, 4, 5, 6]) });
  });

  test('pictures may be taken as one long row', async () => {
    const { rowShape } = await load(classifier(identity, [0, 0]), { inputShape: [1, 1, 2], columns: [] });
    expect(rowShape).toEqual([2]);
  });

  test.each<[string, Uint8Array, Partial<Features>, RegExp]>([
    ['bytes that are no model', new TextEncoder().encode('hello'), {}, /not a model that can be used: /],
    ['no bytes', new Uint8Array(), {}, /not a model that can be used: /],
    ['a cut model', classifier(identity, [0, 0]).subarray(0, 60), {}, /not a model that can be used: /],
    ['another rank', wrongRank(), {}, /has the shape \[N, 2, 3, 4, 5\], the features give \[N, 2\]/],
    ['another width', classifier([[1, 0]], [0, 0]), {}, /has the shape \[N, 1\], the features give \[N, 2\]/],
    ['a fixed batch', classifier(identity, [0, 0], { batch: 4 }), {}, /takes exactly 4 rows at a time/],
    [
      'other classes',
      classifier(identity, [0, 0]),
      { classes: ['a', 'b', 'c'] },
      /gives 2 numbers a row, the data has 3 classes/,
    ],
    [
      'many numbers for one',
      classifier(identity, [0, 0]),
      { task: 'regression' },
      /gives 2 numbers a row, one is expected/,
    ],
  ])('%s is refused', async (_name, onnx, features, message) => {
    await expect(load(onnx, features)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a thread that dies', () => {
  const fragile = fileURLToPath(new URL('./fragile-worker.ts', import.meta.url));
  const post = (data: readonly number[]) =>
    ask(endpoint!, { path: '/v2/models/tab/infer', body: inferBody(data, [1, 2]) });

  test('costs its own requests a 503 that says when to come again, and is replaced', async () => {
    ({ endpoint } = await openEndpoint({ inferenceEntry: fragile }));
    expect((await post([1, 1])).status).toBe(200);
    const reply = await post([-666, 0]);
    expect(reply.status).toBe(503);
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.headers['content-type']).toBe('application/json');
    expect((reply.json() as { error: string }).error).toContain('loaded again');
    expect((await ask(endpoint, { path: '/ping' })).status).toBe(200);
    await expect.poll(async () => (await post([1, 1])).status, { timeout: 5000 }).toBe(200);
    expect(endpoint.stats().errors).toBeGreaterThanOrEqual(1);
  });

  test('can be swapped away', async () => {
    ({ endpoint } = await openEndpoint({ inferenceEntry: fragile }));
    await post([-666, 0]);
    await endpoint.swap(numbersModel(2));
    expect((await post([1, 1])).json()).toMatchObject({ model_version: '2' });
  });
});

test('health is answered while a request computes', async () => {
  ({ endpoint } = await openEndpoint());
  const { port, token } = endpoint;
  const body = inferBody(new Array(2 * 2000).fill(1), [2000, 2]);
  const slow = Promise.all(
    Array.from({ length: 4 }, () => ask({ port, token }, { path: '/v2/models/tab/infer', body })),
  );
  const started = performance.now();
  expect((await ask({ port, token }, { path: '/ping' })).status).toBe(200);
  expect(performance.now() - started).toBeLessThan(500);
  expect((await slow).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test('more than may wait is refused with a time to come again', async () => {
  ({ endpoint } = await openEndpoint());
  const { port, token } = endpoint;
  const body = inferBody(new Array(2 * 4000).fill(1), [4000, 2]);
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => ask({ port, token }, { path: '/v2/models/tab/infer', body })),
  );
  const statuses = replies.map(({ status }) => status);
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  expect(statuses).toContain(200);
  for (const { status, headers } of replies) if (status === 503) expect(headers['retry-after']).toBe('1');
});
