import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Features } from '../../../sidecar/contract/features.ts';
import {
  ask,
  columnsBody,
  numbersModel,
  openEndpoint,
  tableFeatures,
  type Answer,
  type Opened,
} from './open-endpoint.ts';
import { classifier, regressor } from './tiny-model.ts';

/** A picture of 2 × 2 grey pixels: bright means `day`. Two linear scores of the sum of the pixels tell. */
const pictureFeatures: Features = {
  ...tableFeatures,
  inputShape: [1, 2, 2],
  classes: ['night', 'day'],
  columns: [],
  target: null,
};
const pictureModel = () =>
  classifier(
    Array.from({ length: 4 }, () => [-0.01, 0.01]),
    [5, -5],
    { inputShape: [1, 2, 2] },
  );

let table: Opened;
let picture: Opened;
let number: Opened;
beforeAll(async () => {
  table = await openEndpoint({ served: { ...numbersModel(1), features: tableFeatures } });
  picture = await openEndpoint({
    served: { model: 'pictures', version: 4, onnx: pictureModel(), features: pictureFeatures },
  });
  number = await openEndpoint({
    served: {
      model: 'price',
      version: 2,
      onnx: regressor([2, 3], 1),
      features: { ...tableFeatures, task: 'regression', classes: [] },
    },
  });
});
afterAll(() => Promise.all([table, picture, number].map(({ endpoint }) => endpoint.close())));

const post = ({ endpoint }: Opened, path: string, body: unknown, type = 'application/json') =>
  ask(endpoint, {
    path,
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    headers: { 'content-type': type },
  });
const fine = (answer: Answer): unknown => {
  expect(answer.status, answer.body.toString()).toBe(200);
  return answer.json();
};
const reason = (answer: Answer): string => {
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toBe('application/json');
  return (answer.json() as { error: string }).error;
};

describe('what a person asks', () => {
  test('rows by column are answered with a label, how sure it is, and an id', async () => {
    const reply = await post(table, '/predict', {
      rows: [
        { width: 3, height: 0 },
        { height: 9, width: 0, extra: 'x' },
      ],
    });
    expect(fine(reply)).toEqual({
      model: 'tab',
      version: 1,
      predictions: [
        {
          id: expect.stringMatching(/^[\da-f-]{36}\/0$/) as string,
          label: 'no',
          confidence: expect.closeTo(1 / (1 + Math.exp(-3.1)), 5) as number,
          probabilities: { no: expect.closeTo(0.9569, 3) as number, yes: expect.closeTo(0.0431, 3) as number },
        },
        expect.objectContaining({ label: 'yes' }) as object,
      ],
    });
  });

  test('rows may be lists, in the order of the columns; null is a missing value', async () => {
    const byName = fine(await post(table, '/predict', { rows: [{ width: null, height: 4 }] }));
    const byPlace = fine(await post(table, '/predict', { rows: [[null, 4]] }));
    const confidenceOf = (reply: unknown) =>
      (reply as { predictions: { confidence: number }[] }).predictions[0]!.confidence;
    expect(confidenceOf(byPlace)).toBe(confidenceOf(byName));
  });

  test('a number is answered with a value', async () => {
    const reply = fine(await post(number, '/predict', { rows: [{ width: 1, height: 2 }] }));
    expect(reply).toMatchObject({ predictions: [{ value: 9 }] });
    expect(
      fine(
        await post(number, '/invocations', {
          instances: [
            [1, 2],
            [0, 0],
          ],
        }),
      ),
    ).toEqual({ predictions: [9, 1] });
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a column left out',
      { rows: [{ width: 1 }] },
      /^Row 0 lacks “height”; it must be an object with the columns “width”, “height”. Write null/,
    ],
    ['a column that only the prototype has', { rows: [{ width: 1, constructor: 1 }] }, /lacks “height”/],
    [
      'a value of another kind',
      { rows: [{ width: 'wide', height: 1 }] },
      /^Row 0: The column “width” takes a number, and "wide" is none/,
    ],
    [
      'a list of another length',
      {
        rows: [
          [1, 2],
          [1, 2, 3],
        ],
      },
      /^Row 1 holds 3 values; it must hold 2, or be an object with the columns “width”, “height”/,
    ],
    ['rows that are none', { rows: 7 }, /Rows must be a list/],
    ['no rows', { rows: [] }, /not empty/],
    ['a row that is a number', { rows: [7] }, /^Row 0 is 7; it must be an object/],
    ['rows and a picture', { rows: [], image: 'AAAA' }, /exactly one/],
    ['neither', {}, /exactly one/],
    ['a list', [], /JSON object/],
    ['a picture for a table', { image: 'AAAA' }, /takes rows of a table, not pictures/],
  ])('%s is refused with a sentence', async (_name, body, message) => {
    expect(reason(await post(table, '/predict', body))).toMatch(message);
  });

  test('broken JSON is refused', async () => {
    expect(reason(await post(table, '/predict', '{"rows": ['))).toMatch(/^The body is not JSON: /);
  });
});

describe('pictures', () => {
  const bright = new Uint8Array([250, 250, 250, 250]);
  const png = (data: Uint8Array, side = 2) =>
    new Uint8Array(encodePng({ width: side, height: side, data, channels: 1, depth: 8 }));

  test('a PNG file is the body', async () => {
    const reply = fine(await post(picture, '/predict', png(bright), 'image/png'));
    expect(reply).toMatchObject({ model: 'pictures', version: 4, predictions: [{ label: 'day' }] });
    expect(fine(await post(picture, '/predict', png(new Uint8Array(4)), 'image/png'))).toMatchObject({
      predictions: [{ label: 'night' }],
    });
  });

  test('a JPEG file of another size is made to fit', async () => {
    const data = Buffer.alloc(16 * 16 * 4, 250);
    const jpeg = new Uint8Array(encodeJpeg({ width: 16, height: 16, data }, 90).data);
    expect(fine(await post(picture, '/predict', jpeg, 'image/jpeg'))).toMatchObject({
      predictions: [{ label: 'day' }],
    });
  });

  test('a file in base64, and pixels as rows', async () => {
    const image = Buffer.from(png(bright)).toString('base64');
    const expected = { predictions: [{ label: 'day' }] };
    expect(fine(await post(picture, '/predict', { image }))).toMatchObject(expected);
    expect(fine(await post(picture, '/predict', { rows: [[...bright]] }))).toMatchObject(expected);
    expect(
      fine(
        await post(picture, '/predict', {
          rows: [
            [
              [
                [250, 250],
                [250, 250],
              ],
            ],
          ],
        }),
      ),
    ).toMatchObject(expected);
    expect(
      fine(
        await post(picture, '/invocations', {
          inputs: {
            input: [
              [
                [
                  [250, 250],
                  [250, 250],
                ],
              ],
            ],
          },
        }),
      ),
    ).toEqual({
      predictions: ['day'],
    });
  });

  test('what is no picture is refused with a sentence', async () => {
    expect(reason(await post(picture, '/predict', new Uint8Array([1, 2, 3]), 'image/png'))).toMatch(
      /^The picture cannot be read: /,
    );
    expect(reason(await post(picture, '/predict', png(bright).subarray(0, 40), 'image/png'))).toMatch(/cannot be read/);
    expect(reason(await post(picture, '/predict', { image: '%%%' }))).toMatch(/base64/);
    expect(reason(await post(picture, '/predict', { rows: [{ a: 1 }] }))).toMatch(/takes a list of 4 numbers/);
    expect((await post(picture, '/predict', png(bright), 'image/gif')).status).toBe(415);
  });

  test('a picture that says it is enormous is refused, and the endpoint lives', async () => {
    const huge = Buffer.from(png(bright));
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    expect(reason(await post(picture, '/predict', new Uint8Array(huge), 'image/png'))).toMatch(/cannot be read/);
    expect(fine(await post(picture, '/predict', png(bright), 'image/png'))).toMatchObject({ version: 4 });
  });
});

describe('MLflow and SageMaker', () => {
  const expected = { predictions: ['no', 'yes'] };
  const rows = [
    [3, 0],
    [0, 3],
  ];
  const records = [
    { width: 3, height: 0 },
    { width: 0, height: 3 },
  ];
  test.each<[string, unknown]>([
    ['dataframe_split', { dataframe_split: { columns: ['width', 'height'], data: rows } }],
    [
      'dataframe_split with an index and another order',
      {
        dataframe_split: {
          columns: ['height', 'width'],
          index: [0, 1],
          data: [
            [0, 3],
            [3, 0],
          ],
        },
      },
    ],
    ['dataframe_records', { dataframe_records: records }],
    ['instances as lists', { instances: rows }],
    ['instances as records', { instances: records }],
    ['inputs as a list', { inputs: rows }],
    ['inputs by column', { inputs: { width: [3, 0], height: [0, 3] } }],
    ['params beside', { instances: rows, params: {} }],
  ])('%s', async (_name, body) => {
    expect(fine(await post(table, '/invocations', body))).toEqual(expected);
  });

  test('inputs by the name of the input', async () => {
    expect(fine(await post(picture, '/invocations', { inputs: { input: [[1, 2, 3, 4]] } }))).toEqual({
      predictions: ['night'],
    });
  });

  test('CSV with a header', async () => {
    expect(fine(await post(table, '/invocations', 'height,width\n0,3\n3,0\n', 'text/csv'))).toEqual(expected);
    expect(fine(await post(picture, '/invocations', 'a,b,c,d\n1,2,3,4\n', 'text/csv'))).toEqual({
      predictions: ['night'],
    });
    for (const csv of [
      '',
      'height,width\n',
      'height,width\n"1,2\n',
      'height,width\n1,2,3\n',
      'height\n1\n',
      'he"ight',
    ]) {
      expect((await post(table, '/invocations', csv, 'text/csv')).status, csv).toBe(400);
    }
  });

  test('KServe version 1', async () => {
    expect(fine(await post(table, '/v1/models/tab:predict', { instances: rows }))).toEqual(expected);
    expect((await post(table, '/v1/models/other:predict', { instances: rows })).status).toBe(404);
  });

  test.each<[string, unknown]>([
    ['a bare list', rows],
    ['two forms', { instances: rows, inputs: rows }],
    ['no form', { rows }],
    ['another width', { instances: [[1, 2, 3]] }],
    ['rows of different length', { dataframe_split: { columns: ['width', 'height'], data: [[1]] } }],
    ['columns that are none', { dataframe_split: { columns: 'width', data: rows } }],
    ['columns of different length', { inputs: { width: [1], height: [1, 2] } }],
  ])('%s is a bad request in MLflow’s words', async (_name, body) => {
    const reply = await post(table, '/invocations', body);
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ error_code: 'BAD_REQUEST', message: expect.any(String) as string });
  });

  test('another content type is refused', async () => {
    expect((await post(table, '/invocations', 'x', 'text/plain')).status).toBe(415);
  });
});

describe('labels', () => {
  test('are handed on', async () => {
    expect(fine(await post(table, '/labels', { labels: [{ id: 'a', label: 'yes' }] }))).toMatchObject({ accepted: 1 });
    expect(table.labels.at(-1)).toEqual({ id: 'a', label: 'yes' });
  });

  test.each<[unknown, RegExp]>([
    [{}, /list of 1 to 10000/],
    [{ labels: [] }, /list of 1 to 10000/],
    [{ labels: [7] }, /Label 0 must be a JSON object/],
    [{ labels: [{ label: 'yes' }] }, /Label 0 has no “id”/],
    [{ labels: [{ id: 'a', label: 'perhaps' }] }, /Label 0 is "perhaps"; it must be one of no, yes/],
  ])('%j is refused', async (body, message) => {
    expect(reason(await post(table, '/labels', body))).toMatch(message);
  });
});

test('every answered row is shown to the watch with its id and outcome', async () => {
  table.observed.length = 0;
  await post(table, '/v2/models/tab/infer', columnsBody({ width: [3, 0], height: [0, 3] }, { id: 'mine' }));
  await expect.poll(() => table.observed.length).toBe(1);
  const [seen] = table.observed;
  expect(seen).toMatchObject({ rows: 2, ids: ['mine/0', 'mine/1'], input: [3, 0, 0, 3] });
  expect(seen!.outcomes().map(({ predicted }) => predicted)).toEqual([0, 1]);
});

describe('whatever comes, the endpoint answers below 500 and lives', () => {
  const paths = ['/v2/models/tab/infer', '/invocations', '/predict', '/labels', '/v1/models/tab:predict'];
  const check = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const reply = await ask(table.endpoint, {
      path,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(reply.status, `${path} ${String(body).slice(0, 200)}: ${reply.body.toString()}`).toBeLessThan(500);
    if (reply.status >= 400) expect(reply.json()).toHaveProperty('error');
  };

  test('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.json({ maxDepth: 6 }), (path, body) => check(path, body)),
      { numRuns: 150 },
    );
  });

  test('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('application/json', 'application/octet-stream', 'text/csv', 'image/png', 'image/jpeg', 'x'),
        fc.option(fc.constantFrom('0', '5', '99999', '-1', 'NaN', '1e3')),
        (path, body, type, length) =>
          check(path, body, {
            'content-type': type,
            ...(length === null ? {} : { 'inference-header-content-length': length }),
          }),
      ),
      { numRuns: 150 },
    );
  });

  test('documents of nearly the right shape', async () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.array(fc.oneof(fc.double(), fc.constant(null), fc.string())),
    );
    const input = fc.record(
      {
        name: fc.oneof(fc.constant('input'), odd),
        shape: fc.oneof(fc.constant([1, 2]), fc.array(fc.integer({ min: -2, max: 5000 }), { maxLength: 3 }), odd),
        datatype: fc.oneof(fc.constantFrom('FP32', 'INT64', 'BOOL', 'BYTES', '__proto__', 'toString'), odd),
        data: fc.oneof(fc.constant([1, 2]), odd),
        parameters: fc.oneof(fc.record({ binary_data_size: fc.oneof(fc.integer(), odd) }), odd),
      },
      { requiredKeys: [] },
    );
    const document = fc.record(
      {
        inputs: fc.oneof(fc.array(input, { maxLength: 2 }), odd),
        outputs: fc.oneof(fc.array(fc.record({ name: fc.constantFrom('logits', 'x'), parameters: odd })), odd),
        rows: fc.oneof(fc.array(fc.record({ width: odd, height: odd })), odd),
        instances: odd,
        dataframe_split: fc.oneof(fc.record({ columns: odd, data: odd }), odd),
        labels: fc.oneof(fc.array(fc.record({ id: odd, label: odd })), odd),
        image: odd,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), document, (path, body) => check(path, JSON.stringify(body))),
      { numRuns: 200 },
    );
  });

  test('JSON a million lists deep', async () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    for (const path of paths.slice(0, 3)) await check(path, deep);
  });

  test('and it does', async () => {
    expect(fine(await post(table, '/predict', { rows: [[3, 0]] }))).toMatchObject({ predictions: [{ label: 'no' }] });
  });
});
