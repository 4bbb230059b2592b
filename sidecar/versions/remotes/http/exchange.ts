import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { remoteUnreachable } from '../../../faults.ts';

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Certificates, in PEM, that are trusted instead of the built-in ones. */
  readonly ca?: string;
  /** Longest pause before another try. */
  readonly patienceMs?: number;
}

export interface Exchange {
  /**
   * Asks until there is an answer that is one: a broken connection, an overloaded server (429, 5xx, `SlowDown`) and
   * silence are tried again after a growing pause. `ask` is called for every try, so that each has a fresh signature.
   * @param until ends the tries; without it what was given to the exchange does
   * @throws Fault `remote-unreachable` when all tries failed
   */
  readonly send: (ask: () => Promise<Question> | Question, until?: AbortSignal) => Promise<Reply>;
  readonly close: () => void;
}

const TRIES = 8;
const FIRST_PAUSE_MS = 100;
/** Without a byte for this long a connection counts as broken. */
const SILENCE_MS = 60_000;
const CONNECTIONS = 64;
/** More than any answer that is asked for; a server that sends more is not what it should be. */
const LARGEST_REPLY = 96 << 20;

export const openExchange = ({ signal, ca, patienceMs = 10_000 }: ExchangeOptions): Exchange => {
  const options = { keepAlive: true, maxSockets: CONNECTIONS, ...(viaProxy() ? { proxyEnv: process.env } : {}) };
  const agents = {
    'http:': new HttpAgent(options),
    'https:': new HttpsAgent({ ...options, ...(ca === undefined ? {} : { ca }) }),
  };
  const send: Exchange['send'] = async (ask, until = signal) => {
    for (let tried = 1; ; tried += 1) {
      until.throwIfAborted();
      const question = await ask();
      const outcome = await attempt(question, agents, until);
      until.throwIfAborted();
      if (!(outcome instanceof Error) && !isTransient(outcome)) return outcome;
      if (tried === TRIES) throw remoteUnreachable(question.url.host, whyOf(outcome), outcome);
      await pause(Math.min(patienceMs, FIRST_PAUSE_MS * 2 ** tried), outcome, until);
    }
  };
  return {
    send,
    close: () => {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
};

/** Node heeds HTTP_PROXY only where it is told to; the same switch holds for `fetch`. */
const viaProxy = (): boolean => process.env['NODE_USE_ENV_PROXY'] === '1';

const attempt = async (
  question: Question,
  agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent },
  signal: AbortSignal,
): Promise<Reply | Error> => {
  try {
    return await exchange(question, agents, signal);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const exchange = (
  { method, url, headers, body }: Question,
  agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent },
  signal: AbortSignal,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const length = body === undefined && method !== 'PUT' && method !== 'POST' ? {} : lengthOf(body);
    const common = { method, headers: { ...headers, ...length }, signal, timeout: SILENCE_MS };
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...common, agent: agents['https:'] })
        : httpRequest(url, { ...common, agent: agents['http:'] });
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
    request.on('error', reject);
    request.on('response', (response) => void receive(response, method === 'HEAD').then(resolve, reject));
    request.end(body);
  });

const lengthOf = (body: Uint8Array | undefined) => ({ 'content-length': String(body?.length ?? 0) });

const receive = async (response: IncomingMessage, isBodiless: boolean): Promise<Reply> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LARGEST_REPLY) throw new Error(`it sends more than ${LARGEST_REPLY} bytes`);
    pieces.push(piece);
  }
  const announced = response.headers['content-length'];
  if (!isBodiless && announced !== undefined && Number(announced) !== bytes)
    throw new Error(`it ended after ${bytes} of ${announced} bytes`);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) };
};

const overloaded = new Set([408, 425, 429, 500, 502, 503, 504]);
/** What S3 servers say with another status than 5xx although another try may help; damage on the way is among it. */
const passing =
  /<Code>(RequestTimeout|SlowDown|Throttling|InternalError|BadDigest|XAmzContentSHA256Mismatch|IncompleteBody)<\/Code>/;

const isTransient = ({ status, body }: Reply): boolean =>
  overloaded.has(status) || (body.length < 4096 && body.includes('<Error>') && passing.test(body.toString('utf8')));

const whyOf = (outcome: Reply | Error): string => {
  if (!(outcome instanceof Error)) {
    const code = passing.exec(outcome.body.toString('utf8'))?.[1];
    return `it answered ${outcome.status}${code === undefined ? '' : ` ${code}`} ${TRIES} times`;
  }
  const inner: unknown = outcome instanceof AggregateError ? outcome.errors[0] : outcome;
  return inner instanceof Error && inner.message !== '' ? inner.message : String(inner);
};

/** A pause of random length, so that many clients do not come back at once; at least as long as the server asks for. */
const pause = async (longestMs: number, outcome: Reply | Error, signal: AbortSignal): Promise<void> => {
  const asked = outcome instanceof Error ? 0 : Number(outcome.headers['retry-after'] ?? 0) * 1000;
  const ms = Math.max(Math.random() * longestMs, Math.min(Number.isFinite(asked) ? asked : 0, longestMs));
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
};
