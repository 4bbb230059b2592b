import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Features } from '../../../sidecar/contract/features.ts';
import { ask, columnsBody, openEndpoint, tableFeatures, type Answer, type Opened } from './open-endpoint.ts';
import { regressor } from './tiny-model.ts';

/** Of 2 + 3 + 1 encoded numbers the answer is 100·age + 1·Rome + 2·Oslo + 10·(month 12 is 120) … */
const features: Features = {
  ...tableFeatures,
  task: 'regression',
  classes: [],
  inputShape: [9],
  columns: [
    { kind: 'scaled', column: 'age', fill: 40, shift: 40, scale: 10 },
    { kind: 'onehot', column: 'city', categories: ['Rome', 'Oslo'], others: true },
    { kind: 'date', column: 'day', fill: [2026, 6, 15, 0, 0] },
  ],
  target: 'price',
};
const weights = [100, 1, 2, 4, 0, 1000, 0, 0, 0];

let opened: Opened;
beforeAll(async () => {
  opened = await openEndpoint({ served: { model: 'price', version: 1, onnx: regressor(weights, 0), features } });
});
afterAll(() => opened.endpoint.close());

const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  ask(opened.endpoint, { path, body, headers });
const fine = (answer: Answer): unknown => {
  expect(answer.status, answer.body.toString()).toBe(200);
  return answer.json();
};
const predict = async (row: Readonly<Record<string, unknown>>): Promise<number> => {
  const reply = await post('/predict', JSON.stringify({ rows: [row] }));
  return (fine(reply) as { predictions: { value: number }[] }).predictions[0]!.value;
};
const infer = '/v2/models/price/infer';
const numbersOf = (answer: Answer) => (fine(answer) as { outputs: { data: number[] }[] }).outputs[0]!.data;

test('raw columns are encoded by the graph of the model: numbers, categories and dates', async () => {
  expect(await predict({ age: 50, city: 'Oslo', day: '2026-12-24' })).toBe(100 + 2 + 12_000);
  expect(await predict({ day: 1798070400, city: 'Rome', age: '30' })).toBe(-100 + 1 + 12_000);
});

test('what is missing is filled, what is unknown shares a cell, and neither is an error', async () => {
  expect(await predict({ age: null, city: null, day: null })).toBe(6000);
  expect(await predict({ age: 40, city: 'Bern', day: null })).toBe(4 + 6000);
});

test.each([
  [{ age: 'old', city: 'Rome', day: null }, /“age” takes a number, and "old" is none/],
  [{ age: 1, city: 'Rome', day: 'soon' }, /“day” takes a date such as/],
  [{ age: 1, city: 'Rome' }, /lacks “day”/],
])('the row %j is refused by its column', async (row, words) => {
  const reply = await post('/predict', JSON.stringify({ rows: [row] }));
  expect(reply.status).toBe(400);
  expect((reply.json() as { error: string }).error).toMatch(words);
});

test('Open Inference names an input for each column, and takes them in any order', async () => {
  const metadata = fine(await ask(opened.endpoint, { path: '/v2/models/price' })) as { inputs: unknown };
  expect(metadata.inputs).toEqual([
    { name: 'age', datatype: 'FP64', shape: [-1, 1] },
    { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
    { name: 'day', datatype: 'FP64', shape: [-1, 1] },
  ]);
  const body = columnsBody({ city: ['Rome', 'Oslo'], day: [1798070400, null], age: [40, 50] });
  expect(numbersOf(await post(infer, body))).toEqual([12_001, 6102]);
});

test('Open Inference takes columns in binary form', async () => {
  const texts = Buffer.concat(
    ['Oslo', ''].map((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return Buffer.concat([length, Buffer.from(text)]);
    }),
  );
  const ages = Buffer.from(Float32Array.of(60, Number.NaN).buffer);
  const json = JSON.stringify({
    inputs: [
      { name: 'city', shape: [2, 1], datatype: 'BYTES', parameters: { binary_data_size: texts.length } },
      { name: 'day', shape: [2], datatype: 'FP64', data: [[null], [null]] },
      { name: 'age', shape: [2, 1], datatype: 'FP32', parameters: { binary_data_size: ages.length } },
    ],
  });
  const reply = await post(infer, Buffer.concat([Buffer.from(json), texts, ages]), {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(json.length),
  });
  expect(numbersOf(reply)).toEqual([202 + 6000, 6000]);
});

test.each<[string, string, RegExp]>([
  ['a missing column', columnsBody({ age: [1], city: ['x'] }), /“day” is missing/],
  ['an unknown one', columnsBody({ age: [1], city: ['x'], day: [1], size: [1] }), /"size" is unknown/],
  ['columns of other lengths', columnsBody({ age: [1, 2], city: ['x'], day: [1] }), /same number of rows/],
  ['a wrong cell', columnsBody({ age: ['x'], city: ['x'], day: [1] }), /Row 0: The column “age” takes a number/],
  [
    'a wrong shape',
    JSON.stringify({ inputs: [{ name: 'age', shape: [1, 2], datatype: 'FP64' }] }),
    /expected \[N, 1\]/,
  ],
  ['no list', '{"inputs": 7}', /must be a list/],
])('an inference request with %s is refused', async (_what, body, words) => {
  const reply = await post(infer, body);
  expect(reply.status).toBe(400);
  expect((reply.json() as { error: string }).error).toMatch(words);
});

test('MLflow sends the same rows split, as records, by column and as CSV', async () => {
  const columns = ['age', 'city', 'day'];
  const data = [[50, 'Oslo', '2026-12-24']];
  const forms: [string, string][] = [
    ['application/json', JSON.stringify({ dataframe_split: { columns, data } })],
    ['application/json', JSON.stringify({ dataframe_records: [{ age: 50, city: 'Oslo', day: '2026-12-24' }] })],
    ['application/json', JSON.stringify({ instances: data })],
    ['application/json', JSON.stringify({ inputs: { age: [50], city: ['Oslo'], day: ['2026-12-24'] } })],
    ['text/csv', 'age,city,day\n50,Oslo,2026-12-24\n'],
  ];
  for (const [type, body] of forms) {
    expect(fine(await post('/invocations', body, { 'content-type': type }))).toEqual({ predictions: [12_102] });
  }
});

test('many requests at once each get their own rows', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => predict({ age: 40 + at, city: 'Rome', day: null })),
  );
  expect(answers).toEqual(Array.from({ length: 40 }, (_, at) => 10 * at + 1 + 6000));
});
