import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogLevel } from '../pipeline/job.ts';
import { Overloaded } from './batching.ts';
import { OTHER_BYTES, readBody } from './body.ts';
import type { Codec } from './codec.ts';
import { createDocuments } from './documents.ts';
import { createGuard } from './guard.ts';
import { InferenceDown } from './inference.ts';
import { listen } from './listener.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { rowIds } from './predict.ts';
import { Refusal, refusalReply, type Reply } from './reply.ts';
import type { Call, Computed, LabelReceipt, Observation, PostedLabel, Route, TrafficFigures } from './route.ts';
import { createRouter } from './router.ts';
import { routes } from './routes.ts';
import type { Rows } from './rows.ts';
import { loadServedModel, type Served, type ServedModel } from './served-model.ts';
import { createTraffic } from './traffic.ts';

/** What an endpoint tells about the predictions it made. Called after the answer was sent. */
export interface EndpointWatch {
  readonly observe: (observation: Observation) => void;
  readonly label: (labels: readonly PostedLabel[]) => LabelReceipt;
}

export interface EndpointOptions {
  readonly name: string;
  /** Port on 127.0.0.1; 0 for a free one. */
  readonly port: number;
  readonly served: Served;
  /** Left out: a random one. Null: any local program may ask. */
  readonly token?: string | null;
  readonly codec: Codec;
  readonly watch: EndpointWatch;
  /** Path of the program of the inference thread. */
  readonly inferenceEntry: string;
  readonly now?: () => number;
  readonly log?: (level: LogLevel, text: string) => void;
  /** Told after every answered prediction request and after every swap. */
  readonly onChange?: () => void;
}

/** An endpoint that listens. */
export interface EndpointProcess {
  readonly url: string;
  readonly port: number;
  readonly token: string | null;
  readonly metrics: Metrics;
  readonly served: () => Served;
  readonly stats: () => TrafficFigures;
  /**
   * Answers with another model from now on. It is loaded and has run before the switch;
   * requests in progress finish on the old one, so none is dropped.
   * @throws Fault `model-invalid`, and the old model stays
   */
  readonly swap: (served: Served) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens an endpoint on the loopback address.
 * @throws Fault `port-taken`, `model-invalid`
 */
export const createEndpoint = async (options: EndpointOptions): Promise<EndpointProcess> => {
  const { name, codec, watch, inferenceEntry } = options;
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const onChange = options.onChange ?? (() => undefined);
  const token = options.token === undefined ? randomBytes(32).toString('base64url') : options.token;
  const metrics = createMetrics(name, { model: options.served.model, queued: () => current.queued() });
  const traffic = createTraffic();
  const load = (served: Served) =>
    loadServedModel(served, {
      entry: inferenceEntry,
      onRun: metrics.ran,
      onRestart: (how) => log('error', `The inference thread of ${name} ended: ${how}. It is started again.`),
    });

  let current = await load(options.served);
  let inFlight = 0;
  const find = createRouter(routes);
  const guard = createGuard(() => listener.port, token);
  const described = () => ({ model: current.served.model, version: current.served.version });
  const documents = createDocuments({ described, routes, metrics });

  const compute = async (model: ServedModel, rows: Rows, id: string): Promise<Computed> => {
    const ids = rowIds(id, rows.rows);
    if (rows.rows === 0) return { outputs: emptyOutputs(model), ids, outcomes: () => [] };
    const outputs = await model.infer(rows.input, rows.rows);
    traffic.computed(rows.rows);
    const outcomes = () => model.outcomes(outputs, rows.rows);
    // After the answer is on its way: watching must not cost the caller time.
    setImmediate(() => watch.observe({ ...rows, model, ids, outcomes }));
    return { outputs, ids, outcomes };
  };

  const call = async (route: Route, params: Call['params'], request: IncomingMessage): Promise<Reply> => {
    const type = mediaType(request);
    if (route.accepts !== undefined && !route.accepts.includes(type)) {
      throw new Refusal(415, `The content type must be ${route.accepts.filter((known) => known !== '').join(' or ')}.`);
    }
    const body = route.method === 'POST' ? await readBody(request, route.limit ?? OTHER_BYTES) : Buffer.alloc(0);
    const model = current;
    const release = model.lease();
    try {
      return await route.answer({
        model,
        codec,
        params,
        type,
        body,
        headers: request.headers,
        label: watch.label,
        compute: (rows, id) => compute(model, rows, id),
      });
    } finally {
      release();
    }
  };

  const answerRoute = async (route: Route, params: Call['params'], request: IncomingMessage): Promise<Reply> => {
    try {
      return await call(route, params, request);
    } catch (error) {
      return refusalReply(toRefusal(error, log), route.path);
    }
  };

  const predictOver = async (route: Route, params: Call['params'], request: IncomingMessage): Promise<Reply> => {
    const started = performance.now();
    metrics.inFlight((inFlight += 1));
    const { version } = current.served;
    const reply = await answerRoute(route, params, request);
    const ms = performance.now() - started;
    metrics.inFlight((inFlight -= 1));
    metrics.answered(version, reply.status, ms / 1000);
    traffic.answered(reply.status, ms, now());
    onChange();
    return reply;
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    const path = pathOf(request);
    try {
      guard.check(request);
    } catch (error) {
      return write(response, refusalReply(toRefusal(error, log), path));
    }
    const found = find(request.method ?? '', path);
    if (found.kind === 'nothing') return void documents(request, response);
    if (found.kind === 'method') {
      const allow = found.allow.join(', ');
      return write(response, refusalReply(new Refusal(405, `${path} takes ${allow} only.`, { allow }), path));
    }
    // A caller that asks first sends its body only after this.
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    const reply = (found.route.predicts === true ? predictOver : answerRoute)(found.route, found.params, request);
    reply
      .catch((error: unknown) => refusalReply(toRefusal(error, log), path))
      .then((ready) => write(response, ready))
      .catch((error: unknown) => log('error', `An answer could not be written: ${String(error)}`));
  };

  const listener = await listen(options.port, answer).catch(async (error: unknown) => {
    await current.close();
    throw error;
  });
  metrics.switched(current.served.version);

  const swapNow = async (served: Served): Promise<void> => {
    const next = await load(served);
    const old = current;
    current = next;
    metrics.switched(served.version);
    onChange();
    await old.close();
  };
  // One swap after the other: two at once could end with the earlier one answering.
  let swapping: Promise<unknown> = Promise.resolve();

  return {
    url: `http://127.0.0.1:${listener.port}`,
    port: listener.port,
    token,
    metrics,
    served: () => current.served,
    stats: traffic.read,
    swap: (served) => {
      const swapped = swapping.then(() => swapNow(served));
      swapping = swapped.catch(() => undefined);
      return swapped;
    },
    close: async () => {
      await listener.close();
      await swapping;
      await current.close();
    },
  };
};

const mediaType = ({ headers }: IncomingMessage): string => {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
};

const pathOf = ({ url = '/' }: IncomingMessage): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

const emptyOutputs = ({ outputs }: ServedModel) =>
  outputs.map(({ name, type, shape }) => ({ name, type, dims: [0, ...shape.slice(1)], data: new Float32Array() }));

const toRefusal = (error: unknown, log: (level: LogLevel, text: string) => void): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof InferenceDown || error instanceof Overloaded) {
    return new Refusal(503, error.message, { 'retry-after': '1' });
  }
  const reference = randomBytes(4).toString('hex');
  const bug = error instanceof Error ? error : new Error(String(error));
  log('error', `An endpoint request failed (reference ${reference}): ${bug.stack ?? bug.message}`);
  return new Refusal(
    500,
    `The endpoint failed to answer (reference ${reference}); the log of the sidecar has the details.`,
  );
};

const write = (response: ServerResponse, reply: Reply): void => {
  if (response.destroyed) return;
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.body),
    ...reply.headers,
  });
  response.end(reply.body);
};
