import { createWriteStream, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A try that did not bring the whole file. */
export class Interrupted extends Error {
  /** Whether another try could help. */
  readonly again: boolean;

  constructor(message: string, again: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Interrupted';
    this.again = again;
  }
}

export interface Reception {
  readonly url: URL;
  readonly part: string;
  readonly signal: AbortSignal;
  readonly progress: (bytes: number, total: number | null) => void;
}

/** Without a byte for this long a connection counts as broken. */
const silenceMs = 60_000;
const mostRedirects = 5;

/**
 * One try to bring the rest of a file. It asks for what is missing only if the file at its source is still the one that
 * was begun (RFC 9110, If-Range); else it begins anew.
 * @throws Interrupted
 */
export const receive = async (reception: Reception): Promise<void> => {
  const { part } = reception;
  const begun = readBegun(part);
  const have = begun === null ? 0 : sizeOf(part);
  const watch = watchSilence(reception.signal);
  try {
    const answer = await ask(reception.url, watch.signal, headersFor(begun, have));
    if (answer.status === 416 && have > 0 && totalOf(answer) === have) return;
    await write(reception, answer, await startIn(answer, have, part), watch);
  } finally {
    watch.stop();
  }
};

const headersFor = (begun: string | null, have: number): Record<string, string> => ({
  'accept-encoding': 'identity',
  'user-agent': 'trainyard',
  ...(begun !== null && have > 0 ? { range: `bytes=${have}-`, 'if-range': begun } : {}),
});

/** Where the answer's first byte belongs. @throws Interrupted where it is no part of the file */
const startIn = async (answer: Response, have: number, part: string): Promise<number> => {
  if (answer.status === 200) return 0;
  if (answer.status === 206 && startOf(answer) === have) return have;
  await answer.body?.cancel();
  // A range that does not fit what lies here: the next try begins anew.
  if (answer.status === 206 || answer.status === 416) rmSync(part, { force: true });
  throw refusal(answer.status);
};

interface Watch {
  readonly signal: AbortSignal;
  /** A byte came. */
  readonly alive: () => void;
  readonly stop: () => void;
}

const watchSilence = (outer: AbortSignal): Watch => {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs);
  return {
    signal: AbortSignal.any([outer, silence.signal]),
    alive: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  };
};

/** Whether the source can be told apart from a later one at the same address; else every try begins anew. */
const validatorOf = (answer: Response): string | null => {
  const tag = answer.headers.get('etag');
  return tag !== null && !tag.startsWith('W/') ? tag : answer.headers.get('last-modified');
};

const begunPath = (part: string): string => `${part}.source`;

const readBegun = (part: string): string | null => {
  const path = begunPath(part);
  return statSync(path, { throwIfNoEntry: false }) === undefined ? null : readFileSync(path, 'utf8');
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const startOf = (answer: Response): number =>
  Number(/^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);

const totalOf = (answer: Response): number =>
  Number(/\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);

const refusal = (status: number): Interrupted => {
  const again = status >= 500 || status === 429 || status === 408 || status === 206 || status === 416;
  return new Interrupted(`the server answered ${status}`, again);
};

/** Redirects are followed by hand, so that none leads from https: to http:. */
const ask = async (url: URL, signal: AbortSignal, headers: Record<string, string>): Promise<Response> => {
  let at = url;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const answer = await connect(at, signal, headers);
    const target = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null;
    if (target === null) return answer;
    await answer.body?.cancel();
    const next = new URL(target, at);
    if (at.protocol === 'https:' && next.protocol !== 'https:')
      throw new Interrupted(`${at.host} leads from https: to ${next.protocol}`, false);
    at = next;
  }
  throw new Interrupted(`it was sent on more than ${mostRedirects} times`, false);
};

const connect = async (url: URL, signal: AbortSignal, headers: Record<string, string>): Promise<Response> => {
  try {
    return await fetch(url, { headers, redirect: 'manual', signal });
  } catch (error) {
    throw new Interrupted(reasonOf(error), true, error);
  }
};

/** What broke lies in the cause; `fetch` itself says only that it failed. */
const reasonOf = (error: unknown): string => {
  const inner: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message === '' ? inner.name : inner.message;
};

const write = async (
  { part, signal, progress }: Reception,
  answer: Response,
  from: number,
  watch: Watch,
): Promise<void> => {
  const length = answer.headers.get('content-length');
  const total = length === null ? null : from + Number(length);
  noteSource(part, validatorOf(answer));
  let bytes = from;
  const count = new Transform({
    transform: (chunk: Uint8Array, _encoding, next) => {
      watch.alive();
      bytes += chunk.length;
      progress(bytes, total);
      next(null, chunk);
    },
  });
  const file = createWriteStream(part, { flags: from === 0 ? 'w' : 'a', mode: 0o600, flush: true });
  try {
    await pipeline(bodyOf(answer), count, file, { signal: watch.signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isDiskError(error)) throw error;
    throw new Interrupted(`the connection broke off after ${bytes} bytes (${reasonOf(error)})`, true, error);
  }
  if (total !== null && bytes !== total) throw new Interrupted(`it ended after ${bytes} of ${total} bytes`, true);
  noteSource(part, null);
};

const noteSource = (part: string, validator: string | null): void => {
  if (validator === null) rmSync(begunPath(part), { force: true });
  else writeFileSync(begunPath(part), validator, { mode: 0o600 });
};

const isDiskError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].includes(String(error.code));

const bodyOf = (answer: Response): Readable =>
  answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body);
