import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { LINES_TYPE, type CallLine } from '../contract/call.ts';
import { routes, type Api, type RouteName } from '../contract/routes.ts';
import { Fault, explainDiskError, internalFault, reportFault, requestInvalid } from '../faults.ts';
import type { Log } from '../log.ts';
import type { Announcements } from '../runs/announce.ts';
import { duringCall, type Call } from '../work/call-context.ts';
import { streamEvents } from './events.ts';
import { guard } from './guard.ts';

interface ControlOptions {
  readonly api: Api;
  readonly announcements: Announcements;
  readonly token: string;
  readonly log: Log;
}

/** The control API: every route of the contract as `POST /<name>`, and `GET /events`. It listens on no TCP port. */
export const createControlServer = ({ api, announcements, token, log }: ControlOptions): Server => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(guard(token));
  app.get('/events', streamEvents(announcements));
  app.use(express.json({ limit: '4mb', inflate: false, type: () => true }));
  for (const name of Object.keys(routes) as RouteName[]) app.post(`/${name}`, answer(name, api, log));
  app.use((request, response) => {
    response.status(404).json(reportFault(requestInvalid(`There is no route ${request.method} ${request.path}.`)));
  });
  app.use(explain(log));
  const server = createServer(app);
  server.headersTimeout = 5_000;
  server.requestTimeout = 15_000;
  server.maxConnections = 256;
  return server;
};

const answer = (name: RouteName, api: Api, log: Log): RequestHandler => {
  const handle = api[name] as (request: unknown) => Promise<unknown>;
  return (request, response, next) => {
    const input = routes[name].input.safeParse(request.body ?? {});
    if (!input.success) {
      next(requestInvalid(sentence(input.error)));
      return;
    }
    const work = (progress: Call['progress']) =>
      duringCall({ signal: untilGone(response), progress }, () => handle(input.data));
    if (request.headers.accept === LINES_TYPE) void answerInLines(response, work, (error) => toFault(error, name, log));
    else work(() => undefined).then((reply) => void response.json(reply), next);
  };
};

/** Aborted when the client goes away before it has its answer. */
const untilGone = (response: Response): AbortSignal => {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
};

/** People read no faster, and some work tells of every file. */
const PROGRESS_EVERY_MS = 100;

/** The answer of a client that wants to hear how far the work is. */
const answerInLines = async (
  response: Response,
  work: (progress: Call['progress']) => Promise<unknown>,
  faultOf: (error: unknown) => Fault,
): Promise<void> => {
  const write = (line: CallLine) => response.write(`${JSON.stringify(line)}\n`);
  let told = -Infinity;
  response.writeHead(200, { 'content-type': LINES_TYPE, 'cache-control': 'no-store' });
  response.flushHeaders();
  try {
    const reply = await work((fraction, note, remainingMs) => {
      if (performance.now() - told < PROGRESS_EVERY_MS) return;
      told = performance.now();
      write({ progress: { fraction, note, ...(remainingMs === undefined ? {} : { remainingMs }) } });
    });
    write({ reply });
  } catch (error) {
    write({ fault: reportFault(faultOf(error)) });
  }
  response.end();
};

const sentence = (error: z.ZodError): string =>
  `${error.issues.map((issue) => `${issue.path.join('.') || 'The request'}: ${issue.message}`).join('; ')}.`;

const statusOf: Partial<Record<Fault['code'], number>> = {
  'run-missing': 404,
  'model-missing': 404,
  'version-missing': 404,
  'endpoint-missing': 404,
  internal: 500,
  'disk-full': 507,
};

/** The one edge where errors become answers: faults as they are, everything else as `internal` with a reference. */
const explain =
  (log: Log): ErrorRequestHandler =>
  (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const fault = toFault(thrown, request.path, log);
    response.status(statusOf[fault.code] ?? 400).json(reportFault(fault));
  };

const toFault = (thrown: unknown, path: string, log: Log): Fault => {
  const error = explainDiskError(thrown, 'the workspace');
  return error instanceof Fault ? error : hide(error, path, log);
};

const hide = (error: unknown, path: string, log: Log): Fault => {
  if (isUnreadableRequest(error)) return requestInvalid(whyUnreadable[error.type] ?? `${error.message}.`);
  const reference = randomUUID().slice(0, 8);
  log.error('internal error', { reference, path, stack: error instanceof Error ? error.stack : String(error) });
  return internalFault(reference);
};

const whyUnreadable: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'The request is not JSON.',
  'entity.too.large': 'The request is larger than 4 MB.',
};

/** What the body parser throws when a request is at fault, and not the sidecar. */
const isUnreadableRequest = (error: unknown): error is Error & { readonly type: string } =>
  error instanceof Error && 'type' in error && 'status' in error && Number(error.status) < 500;
