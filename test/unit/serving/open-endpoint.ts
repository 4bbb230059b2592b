import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Features } from '../../../sidecar/contract/features.ts';
import { Hash } from '../../../sidecar/contract/ids.ts';
import { imageStatistics } from '../../../sidecar/datasets/image-statistics.ts';
import { rawRow } from '../../../sidecar/datasets/raw-columns.ts';
import { createEndpoint, type EndpointOptions, type EndpointProcess } from '../../../sidecar/serving/endpoint.ts';
import type { Codec } from '../../../sidecar/serving/codec.ts';
import type { Observation, PostedLabel } from '../../../sidecar/serving/route.ts';
import type { Served } from '../../../sidecar/serving/served-model.ts';
import { classifier } from './tiny-model.ts';

export const inferenceEntry = fileURLToPath(new URL('../../../sidecar/serving/inference-worker.ts', import.meta.url));

/** A table of two columns with two classes. */
export const tableFeatures: Features = {
  hash: Hash.parse('0'.repeat(64)),
  task: 'classification',
  inputShape: [2],
  classes: ['no', 'yes'],
  rows: { train: 10, validation: 0, test: 10 },
  normalization: { mean: [0, 0], std: [1, 1] },
  columns: [
    { kind: 'number', column: 'width', fill: 1 },
    { kind: 'number', column: 'height', fill: 1 },
  ],
  target: 'answer',
};

/** The same as two numbers without names. */
export const numbersFeatures: Features = { ...tableFeatures, columns: [], target: null };

/** Version n: probabilities of its own, so that an answer tells which version gave it. */
export const numbersModel = (version: number): Served => ({
  model: 'tab',
  version,
  onnx: classifier(
    [
      [1, 0],
      [0, 1],
    ],
    [version / 10, 0],
  ),
  features: numbersFeatures,
});

/** What version n answers for two zeros: the share of `no`. */
export const shareOfNo = (version: number): number => 1 / (1 + Math.exp(-version / 10));

export const codec: Codec = { rawRow, imageStatistics };

export interface Opened {
  readonly endpoint: EndpointProcess;
  readonly observed: Observation[];
  readonly labels: PostedLabel[];
}

export const openEndpoint = async (options: Partial<EndpointOptions> = {}): Promise<Opened> => {
  const observed: Observation[] = [];
  const labels: PostedLabel[] = [];
  const endpoint = await createEndpoint({
    name: 'tab',
    port: 0,
    served: numbersModel(1),
    codec,
    inferenceEntry,
    watch: {
      observe: (observation) => observed.push(observation),
      label: (posted) => {
        labels.push(...posted);
        return { accepted: posted.length, unknown: [], realized: { rows: 0, accuracy: null, low: null, high: null } };
      },
    },
    ...options,
  });
  return { endpoint, observed, labels };
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: () => never;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** One request with the right token and Host unless the headers say otherwise; an empty text leaves a header out. */
export const ask = (
  endpoint: Pick<EndpointProcess, 'port' | 'token'>,
  { method, path, headers = {}, body }: Ask,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const all: Record<string, string | string[]> = {
      authorization: `Bearer ${endpoint.token ?? ''}`,
      ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: endpoint.port,
        path,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            json: () => JSON.parse(whole.toString()) as never,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });

/** An inference request with an input for each column. */
export const columnsBody = (columns: Readonly<Record<string, readonly unknown[]>>, more: object = {}): string =>
  JSON.stringify({
    inputs: Object.entries(columns).map(([name, data]) => ({
      name,
      shape: [data.length, 1],
      datatype: data.some((value) => typeof value === 'string') ? 'BYTES' : 'FP64',
      data,
    })),
    ...more,
  });

export const inferBody = (data: unknown, shape: readonly number[], more: object = {}): string =>
  JSON.stringify({ inputs: [{ name: 'input', shape, datatype: 'FP32', data }], ...more });
