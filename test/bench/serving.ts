/**
 * CPU time per prediction request, against servers that only echo the body, in one run and taken in turns:
 * `node test/bench/serving.ts [requests] [rounds]`. Rates depend on the load of the machine; CPU time hardly does.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import type { Features } from '../../sidecar/contract/features.ts';
import { Hash } from '../../sidecar/contract/ids.ts';
import { imageStatistics } from '../../sidecar/datasets/image-statistics.ts';
import { rawRow } from '../../sidecar/datasets/raw-columns.ts';
import { buildModel } from '../../sidecar/graph/build.ts';
import { writeModel } from '../../sidecar/graph/write.ts';
import { createEndpoint } from '../../sidecar/serving/endpoint.ts';

const CONNECTIONS = 8;
const WARM_UP = 2_000;

interface Place {
  readonly port: number;
  readonly token: string;
}
interface Sizes {
  readonly inputs: number;
  readonly hidden: number[];
  readonly classes: number;
}
/** A small table, and pictures of 28 × 28 as one row. */
const models: Readonly<Record<string, Sizes>> = {
  tab: { inputs: 10, hidden: [64, 64], classes: 3 },
  mlp: { inputs: 784, hidden: [256, 128], classes: 10 },
};

const featuresOf = ({ inputs, classes }: Sizes): Features => ({
  hash: Hash.parse('0'.repeat(64)),
  task: 'classification',
  inputShape: [inputs],
  classes: Array.from({ length: classes }, (_, at) => `class ${at}`),
  rows: { train: 1, validation: 0, test: 1 },
  normalization: { mean: [], std: [] },
  columns: [],
  target: null,
});

/** Each server runs in a process of its own, so that its CPU time can be told from that of the load. */
const servers: Readonly<Record<string, (sizes: Sizes) => Promise<Place>>> = {
  'node:http echo': () => {
    const answer = (body: Buffer, response: ServerResponse) => {
      const text = JSON.stringify(JSON.parse(body.toString()));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    };
    return listening(
      createServer((incoming: IncomingMessage, response) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () => answer(Buffer.concat(parts), response));
      }),
    );
  },
  'express echo': () => {
    const app = express()
      .disable('etag')
      .disable('x-powered-by')
      .use(express.json({ limit: '16mb' }));
    app.post('/echo', (incoming, response) => void response.json(incoming.body));
    return listening(createServer(app));
  },
  endpoint: async (sizes) => {
    const { inputs, hidden, classes } = sizes;
    const model = buildModel({
      architecture: 'mlp',
      params: { hidden },
      inputShape: [inputs],
      outputs: classes,
      task: 'classification',
      seed: 0,
      normalization: { mean: new Array<number>(inputs).fill(0), std: new Array<number>(inputs).fill(1) },
    });
    const { port, token } = await createEndpoint({
      name: 'bench',
      port: 0,
      served: { model: 'bench', version: 1, onnx: writeModel(model), features: featuresOf(sizes) },
      codec: { rawRow, imageStatistics },
      watch: {
        observe: () => undefined,
        label: () => ({ accepted: 0, unknown: [], realized: { rows: 0, accuracy: null, low: null, high: null } }),
      },
      inferenceEntry: fileURLToPath(new URL('../../sidecar/serving/inference-worker.ts', import.meta.url)),
    });
    return { port, token: token ?? '' };
  },
};

const listening = (server: ReturnType<typeof createServer>): Promise<Place> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, token: '' }));
  });

const serve = async (name: string, model: string): Promise<void> => {
  const place = await servers[name]?.(models[model] as Sizes);
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.send?.(place);
};

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly place: Place;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  readonly cpuUs: number[];
}

const heard = <Word>(child: ChildProcess): Promise<Word> => new Promise((resolve) => child.once('message', resolve));
const cpuOf = async (child: ChildProcess): Promise<number> => {
  const answer = heard<NodeJS.CpuUsage>(child);
  child.send('cpu');
  const { user, system } = await answer;
  return user + system;
};

const start = async (server: string, model: string, form: 'json' | 'binary'): Promise<Contender> => {
  const child = fork(fileURLToPath(import.meta.url), ['serve', server, model]);
  const place = await heard<Place>(child);
  const { inputs } = models[model] as Sizes;
  const row = Float32Array.from({ length: inputs }, (_, at) => (at % 10) / 10);
  const input = { name: 'input', shape: [1, inputs], datatype: 'FP32' };
  const json = Buffer.from(
    JSON.stringify(
      form === 'json'
        ? { inputs: [{ ...input, data: Array.from(row, (value) => Number(value.toFixed(4))) }] }
        : { inputs: [{ ...input, parameters: { binary_data_size: row.byteLength } }] },
    ),
  );
  const body = form === 'json' ? json : Buffer.concat([json, Buffer.from(row.buffer)]);
  const headers = {
    'content-type': form === 'json' ? 'application/json' : 'application/octet-stream',
    'content-length': String(body.length),
    ...(form === 'json' ? {} : { 'inference-header-content-length': String(json.length) }),
    ...(place.token === '' ? {} : { authorization: `Bearer ${place.token}` }),
  };
  const path = server === 'endpoint' ? '/v2/models/bench/infer' : '/echo';
  return { name: `${server}${form === 'binary' ? ', binary' : ''}`, child, place, path, body, headers, cpuUs: [] };
};

const load = async ({ place, path, body, headers }: Contender, requests: number): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = requests;
  const post = () =>
    new Promise<void>((resolve, reject) => {
      request({ agent, host: '127.0.0.1', port: place.port, path, method: 'POST', headers }, (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${path} answered ${String(response.statusCode)}`));
        });
      })
        .on('error', reject)
        .end(body);
    });
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await post();
    }),
  );
  agent.destroy();
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const compare = async (model: string, requests: number, rounds: number): Promise<void> => {
  const contenders = [
    await start('node:http echo', model, 'json'),
    await start('express echo', model, 'json'),
    await start('endpoint', model, 'json'),
    await start('endpoint', model, 'binary'),
  ];
  for (const contender of contenders) await load(contender, WARM_UP);
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const before = await cpuOf(contender.child);
      await load(contender, requests);
      contender.cpuUs.push(((await cpuOf(contender.child)) - before) / requests);
    }
  }
  const [echo, express] = contenders.map(({ cpuUs }) => median(cpuUs));
  console.log(
    `${model}: one row of ${models[model]?.inputs ?? 0} numbers a request, ${contenders[0]?.body.length ?? 0} bytes of JSON`,
  );
  for (const { name, cpuUs, child } of contenders) {
    const [least, most] = [Math.min(...cpuUs), Math.max(...cpuUs)].map((value) => value.toFixed(0));
    const ratios = [echo, express].map((other) => (median(cpuUs) / (other ?? 1)).toFixed(2));
    console.log(
      `  ${name.padEnd(18)} ${median(cpuUs).toFixed(0).padStart(5)} CPU-µs [${String(least)}–${String(most)}]   ${String(ratios[0])} × node:http echo   ${String(ratios[1])} × express echo`,
    );
    child.kill();
  }
};

const [first, second, third] = process.argv.slice(2);
if (first === 'serve') await serve(second ?? '', third ?? '');
else for (const model of Object.keys(models)) await compare(model, Number(first ?? 5_000), Number(second ?? 5));
