import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, inferBody, openEndpoint, shareOfNo, type Answer, type Opened } from './open-endpoint.ts';

let opened: Opened;
beforeAll(async () => {
  opened = await openEndpoint();
});
afterAll(() => opened.endpoint.close());

const path = '/v2/models/tab/infer';
const get = (at: string) => ask(opened.endpoint, { path: at });
const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  ask(opened.endpoint, { path, body, headers });

interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data?: readonly (number | string)[];
  readonly parameters?: { readonly binary_data_size: number };
}
interface Reply {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly Output[];
}
const replyOf = (answer: Answer): Reply => {
  expect(answer.status, answer.body.toString()).toBe(200);
  return answer.json();
};
const float32 = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);

/** JSON with the tensors behind it, and the header that says where they begin. */
const binaryRequest = (document: object, ...tensors: Buffer[]) => {
  const json = Buffer.from(JSON.stringify(document));
  return [Buffer.concat([json, ...tensors]), { 'inference-header-content-length': String(json.length) }] as const;
};
const binaryInput = (shape: readonly number[], bytes: number, datatype = 'FP32') => ({
  name: 'input',
  shape,
  datatype,
  parameters: { binary_data_size: bytes },
});

describe('what the server is', () => {
  test.each([
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready', { ready: true }],
    ['/v2', { name: 'trainyard', version: '2', extensions: ['binary_tensor_data', 'classification'] }],
    ['/v2/models', { models: ['tab'] }],
    ['/v2/models/tab/ready', { name: 'tab', ready: true }],
    ['/v2/models/tab/versions/1/ready', { name: 'tab', ready: true }],
    ['/v2/models/%74ab/ready', { name: 'tab', ready: true }],
    ['/v1/models/tab', { name: 'tab', ready: true }],
  ])('%s', async (at, expected) => {
    expect((await get(at)).json()).toEqual(expected);
  });

  test('metadata names inputs and outputs with their shapes', async () => {
    const expected = {
      name: 'tab',
      versions: ['1'],
      platform: 'onnx_onnxv1',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [
        { name: 'logits', datatype: 'FP32', shape: [-1, 2] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
      ],
    };
    expect((await get('/v2/models/tab')).json()).toEqual(expected);
    expect((await get('/v2/models/tab/versions/1')).json()).toEqual(expected);
  });

  test('the repository index lists the one version', async () => {
    const reply = await ask(opened.endpoint, { path: '/v2/repository/index', method: 'POST' });
    expect(reply.json()).toEqual([{ name: 'tab', version: '1', state: 'READY', reason: '' }]);
  });

  test.each(['/ping', '/health', '/livez', '/readyz', '/healthz'])('%s is one line', async (at) => {
    const reply = await get(at);
    expect([reply.status, reply.body.toString(), reply.headers['content-type']]).toEqual([
      200,
      '\n',
      'application/json',
    ]);
  });

  test.each([
    '/v2/models/other/ready',
    '/v2/models/tab/versions/2/ready',
    '/v2/models/tab/versions/x',
    '/v1/models/other',
  ])('%s is not here', async (at) => {
    const reply = await get(at);
    expect(reply.status).toBe(404);
    expect(reply.json()).toHaveProperty('error');
  });
});

describe('a request in JSON', () => {
  test('flat and nested data give the same answer', async () => {
    const flat = replyOf(await post(inferBody([1, 2, 3, 4], [2, 2], { id: 'seven' })));
    const nested = replyOf(
      await post(
        inferBody(
          [
            [1, 2],
            [3, 4],
          ],
          [2, 2],
          { id: 'seven' },
        ),
      ),
    );
    expect(nested).toEqual(flat);
    expect(flat).toMatchObject({ model_name: 'tab', model_version: '1', id: 'seven' });
    expect(flat.outputs.map(({ name, shape, datatype }) => ({ name, shape, datatype }))).toEqual([
      { name: 'logits', shape: [2, 2], datatype: 'FP32' },
      { name: 'probabilities', shape: [2, 2], datatype: 'FP32' },
    ]);
    const expected = [1.1, 2, 3.1, 4].map((value) => expect.closeTo(value, 5) as number);
    expect(flat.outputs[0]!.data).toEqual(expected);
  });

  test('a missing id is made', async () => {
    expect(replyOf(await post(inferBody([0, 0], [1, 2]))).id).toMatch(/^[\da-f-]{36}$/);
  });

  test('named outputs come alone and in the order asked for', async () => {
    const outputs = [{ name: 'probabilities' }, { name: 'logits' }];
    expect(replyOf(await post(inferBody([0, 0], [1, 2], { outputs }))).outputs.map(({ name }) => name)).toEqual([
      'probabilities',
      'logits',
    ]);
    const one = replyOf(await post(inferBody([0, 0], [1, 2], { outputs: [{ name: 'probabilities' }] })));
    expect(one.outputs).toHaveLength(1);
    expect(one.outputs[0]!.data![0]).toBeCloseTo(shareOfNo(1), 6);
  });

  test('no rows are answered with none', async () => {
    const { outputs } = replyOf(await post(inferBody([], [0, 2])));
    expect(outputs.map(({ shape, data }) => ({ shape, data }))).toEqual([
      { shape: [0, 2], data: [] },
      { shape: [0, 2], data: [] },
    ]);
  });

  test('a whole number and a truth are numbers too', async () => {
    for (const [datatype, data] of [
      ['INT64', [1, 0]],
      ['BOOL', [true, false]],
      ['FP64', [1, 0]],
    ] as const) {
      const body = JSON.stringify({ inputs: [{ name: 'input', shape: [1, 2], datatype, data }] });
      expect(replyOf(await post(body)).outputs[0]!.data![0]).toBeCloseTo(1.1, 5);
    }
  });

  test('the best classes come as text', async () => {
    const outputs = [{ name: 'probabilities', parameters: { classification: 1 } }];
    const [best] = replyOf(await post(inferBody([5, 0, 0, 5], [2, 2], { outputs }))).outputs;
    expect(best).toMatchObject({ datatype: 'BYTES', shape: [2, 1] });
    expect(best!.data).toEqual([expect.stringMatching(/^0\.99\d+:0:no$/), expect.stringMatching(/^0\.99\d+:1:yes$/)]);
  });

  test('any content type that a real client sends is taken, and no other', async () => {
    const body = inferBody([0, 0], [1, 2]);
    for (const type of ['', 'application/json', 'application/json; charset=utf-8', 'application/octet-stream']) {
      expect((await post(body, { 'content-type': type })).status, type).toBe(200);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect((await post(body, { 'content-type': type })).status, type).toBe(415);
    }
  });

  test('packed bodies are unpacked', async () => {
    const body = inferBody([0, 0], [1, 2]);
    expect((await post(gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await post(deflateSync(body), { 'content-encoding': 'deflate' })).status).toBe(200);
    expect((await post(Buffer.from('not packed'), { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await post(body, { 'content-encoding': 'zstd' })).status).toBe(415);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });
});

describe('a request with binary tensors', () => {
  test('binary in, JSON out, without a content type, as tritonclient sends it', async () => {
    const input = binaryInput([2, 2], 16);
    const [body, headers] = binaryRequest({ id: '7', inputs: [input] }, float32(1, 2, 3, 4));
    expect(replyOf(await post(body, headers))).toMatchObject({
      id: '7',
      outputs: [{ shape: [2, 2] }, { shape: [2, 2] }],
    });
  });

  test('binary out is laid behind the JSON', async () => {
    const [body, headers] = binaryRequest(
      { inputs: [binaryInput([1, 2], 8)], parameters: { binary_data_output: true } },
      float32(0, 0),
    );
    const reply = await post(body, headers);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    const length = Number(reply.headers['inference-header-content-length']);
    const { outputs } = JSON.parse(reply.body.subarray(0, length).toString()) as Reply;
    expect(outputs.map(({ parameters, data }) => [parameters?.binary_data_size, data])).toEqual([
      [8, undefined],
      [8, undefined],
    ]);
    expect(reply.body.length).toBe(length + 16);
    expect(reply.body.readFloatLE(length + 8)).toBeCloseTo(shareOfNo(1), 6);
  });

  test('an output asks for its own form', async () => {
    const outputs = [{ name: 'logits', parameters: { binary_data: true } }, { name: 'probabilities' }];
    const reply = await post(inferBody([0, 0], [1, 2], { outputs }));
    const length = Number(reply.headers['inference-header-content-length']);
    const parsed = JSON.parse(reply.body.subarray(0, length).toString()) as Reply;
    expect(parsed.outputs[0]!.data).toBeUndefined();
    expect(parsed.outputs[1]!.data).toHaveLength(2);
  });

  test('best classes in binary have their length in front', async () => {
    const outputs = [{ name: 'probabilities', parameters: { classification: 2, binary_data: true } }];
    const reply = await post(inferBody([5, 0], [1, 2], { outputs }));
    const at = Number(reply.headers['inference-header-content-length']);
    const length = reply.body.readUInt32LE(at);
    expect(reply.body.subarray(at + 4, at + 4 + length).toString()).toMatch(/^0\.99\d+:0:no$/);
  });

  test('header 0 is a raw request', async () => {
    const reply = await post(float32(0, 0), { 'inference-header-content-length': '0' });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
  });

  const datatypes: [string, Buffer][] = [
    ['UINT8', Buffer.from([3, 0])],
    ['INT8', Buffer.from(new Int8Array([3, 0]).buffer)],
    ['UINT16', Buffer.from(new Uint16Array([3, 0]).buffer)],
    ['INT16', Buffer.from(new Int16Array([3, 0]).buffer)],
    ['UINT32', Buffer.from(new Uint32Array([3, 0]).buffer)],
    ['INT32', Buffer.from(new Int32Array([3, 0]).buffer)],
    ['UINT64', Buffer.from(new BigUint64Array([3n, 0n]).buffer)],
    ['INT64', Buffer.from(new BigInt64Array([3n, 0n]).buffer)],
    ['FP64', Buffer.from(new Float64Array([3, 0]).buffer)],
    ['FP16', Buffer.from(new Uint16Array([0x4200, 0]).buffer)],
    ['BF16', Buffer.from(new Uint16Array([0x4040, 0]).buffer)],
  ];
  test.each(datatypes)('%s is read', async (datatype, tensor) => {
    const [body, headers] = binaryRequest({ inputs: [binaryInput([1, 2], tensor.length, datatype)] }, tensor);
    expect(replyOf(await post(body, headers)).outputs[0]!.data![0]).toBeCloseTo(3.1, 5);
  });
});

describe('a wrong request is told what is wrong', () => {
  const input = { name: 'input', shape: [1, 2], datatype: 'FP32', data: [0, 0] };
  const cases: Record<string, [unknown, RegExp]> = {
    'a list': [[], /must be a JSON object/],
    'no inputs': [{}, /one input “input”/],
    'two inputs': [{ inputs: [input, input] }, /one input “input”/],
    'another name': [{ inputs: [{ ...input, name: 'x' }] }, /"x" is unknown; this model takes “input”/],
    'another width': [{ inputs: [{ ...input, shape: [1, 3] }] }, /has the shape \[1, 3\]; expected \[N, 2\]/],
    'another rank': [{ inputs: [{ ...input, shape: [2] }] }, /has the shape \[2\]; expected \[N, 2\]/],
    'no shape': [{ inputs: [{ ...input, shape: null }] }, /“shape” must be a list/],
    'a negative shape': [{ inputs: [{ ...input, shape: [-1, 2] }] }, /whole numbers/],
    'too few numbers': [{ inputs: [{ ...input, data: [0] }] }, /holds 1 numbers, 2 are expected/],
    'too many numbers': [{ inputs: [{ ...input, data: [0, 0, 0] }] }, /more than 2 numbers/],
    'a text for a number': [{ inputs: [{ ...input, data: ['a', 0] }] }, /holds "a", which is not a number/],
    'a missing number': [{ inputs: [{ ...input, data: [null, 0] }] }, /holds null/],
    'no data': [{ inputs: [{ ...input, data: undefined }] }, /must be a list of numbers/],
    'deep nesting': [
      { inputs: [{ ...input, data: JSON.parse('['.repeat(50) + ']'.repeat(50)) as unknown }] },
      /nested deeper/,
    ],
    'an unknown datatype': [{ inputs: [{ ...input, datatype: 'FP8' }] }, /"FP8" is not one of numbers/],
    'a datatype from the prototype': [{ inputs: [{ ...input, datatype: 'constructor' }] }, /is not one of numbers/],
    'text rows': [{ inputs: [{ ...input, datatype: 'BYTES', data: ['a', 'b'] }] }, /"BYTES" is not one of numbers/],
    'half precision in JSON': [{ inputs: [{ ...input, datatype: 'FP16' }] }, /FP16 has no JSON form/],
    'an unknown output': [{ inputs: [input], outputs: [{ name: 'x' }] }, /gives “logits”, “probabilities”/],
    'outputs that are no list': [{ inputs: [input], outputs: 'x' }, /“outputs” must be a list/],
    'an id that is no text': [{ id: 7, inputs: [input] }, /“id” must be a text/],
    'binary that is not there': [{ inputs: [binaryInput([1, 2], 8)] }, /0 bytes follow/],
    'parameters that are a list': [{ inputs: [{ ...input, parameters: [] }] }, /must be a JSON object/],
  };
  test.each(Object.entries(cases))('%s', async (_name, [document, message]) => {
    const reply = await post(JSON.stringify(document));
    expect(reply.status).toBe(400);
    expect(reply.headers['content-type']).toBe('application/json');
    expect((reply.json() as { error: string }).error).toMatch(message);
  });

  test.each<[string, () => readonly [Buffer, Record<string, string>], RegExp]>([
    [
      'a length beyond the body',
      () => [Buffer.from('{}'), { 'inference-header-content-length': '99' }],
      /the body has 2 bytes/,
    ],
    [
      'a length that is none',
      () => [Buffer.from('{}'), { 'inference-header-content-length': 'x' }],
      /the body has 2 bytes/,
    ],
    [
      'a negative length',
      () => [Buffer.from('{}'), { 'inference-header-content-length': '-1' }],
      /the body has 2 bytes/,
    ],
    ['a short tensor', () => binaryRequest({ inputs: [binaryInput([1, 2], 8)] }, float32(1)), /4 bytes follow/],
    [
      'a size that is not the shape’s',
      () => binaryRequest({ inputs: [binaryInput([1, 2], 4)] }, float32(1)),
      /take 8 bytes; 4 were sent/,
    ],
    ['a tensor nobody announced', () => binaryRequest({ inputs: [input] }, float32(1)), /no input announces them/],
    [
      'a tensor twice',
      () => binaryRequest({ inputs: [{ ...binaryInput([1, 2], 8), data: [0, 0] }] }, float32(1, 2)),
      /not both/,
    ],
    [
      'raw bytes that are no rows',
      () => [Buffer.alloc(7), { 'inference-header-content-length': '0' }],
      /whole rows of 8 bytes/,
    ],
  ])('%s', async (_name, request, message) => {
    const [body, headers] = request();
    const reply = await post(body, headers);
    expect([reply.status, (reply.json() as { error: string }).error]).toEqual([400, expect.stringMatching(message)]);
  });

  test('too many rows, and a body that is too large', async () => {
    const many = await post(inferBody(new Array(2 * 4097).fill(0), [4097, 2]));
    expect([many.status, (many.json() as { error: string }).error]).toEqual([
      413,
      expect.stringContaining('at most 4096'),
    ]);
    const large = await post(Buffer.alloc(17 * 1024 * 1024, 32), { 'content-type': 'application/json' });
    expect([large.status, (large.json() as { error: string }).error]).toEqual([413, expect.stringContaining('16 MiB')]);
    const labels = await ask(opened.endpoint, { path: '/labels', body: ' '.repeat(2 * 1024 * 1024) });
    expect([labels.status, (labels.json() as { error: string }).error]).toEqual([
      413,
      expect.stringContaining('1 MiB'),
    ]);
  });

  test('and the endpoint still answers', async () => {
    expect((await post(inferBody([0, 0], [1, 2]))).status).toBe(200);
    expect(opened.endpoint.stats().errors).toBe(0);
  });
});

test('what is asked at once is computed in batches, and each gets its own answer', async () => {
  const shares = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const rows = (at % 3) + 1;
      const value = at / 100;
      const body = inferBody(Array.from({ length: rows }, () => [value, 0]).flat(), [rows, 2], { id: String(at) });
      const { outputs, id } = replyOf(await post(body));
      expect(id).toBe(String(at));
      expect(outputs[1]!.data).toHaveLength(rows * 2);
      for (let row = 0; row < rows; row++) {
        expect(outputs[1]!.data![row * 2]).toBeCloseTo(1 / (1 + Math.exp(-0.1 - value)), 5);
      }
      return rows;
    }),
  );
  const metrics = (await get('/metrics')).body.toString();
  const runs = Number(/trainyard_batch_size_count\{[^}]*\} (\d+)/.exec(metrics)![1]);
  expect(runs).toBeLessThan(shares.length + 60);
});

test('many rows at once give what each gives alone', async () => {
  const values = Array.from({ length: 300 }, (_, at) => [at / 50, 1]);
  const { outputs } = replyOf(await post(inferBody(values, [300, 2])));
  const alone = replyOf(await post(inferBody(values[250], [1, 2])));
  expect(outputs[1]!.shape).toEqual([300, 2]);
  expect(outputs[1]!.data![500]).toBeCloseTo(Number(alone.outputs[1]!.data![0]), 6);
});
