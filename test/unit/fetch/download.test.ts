import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fault } from '../../../sidecar/faults.ts';
import { download, type DownloadOrder } from '../../../sidecar/fetch/download.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const content = randomBytes(300_000);
const digest = createHash('sha256').update(content).digest('hex');

/** What the server does with each request, in turn; the last one repeats. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answers: Answer[];
let requests: IncomingMessage[];
let server: Server;
let folder: string;
let origin: string;

beforeEach(async () => {
  folder = freshFolder();
  [answers, requests] = [[whole()], []];
  server = createServer((request, response) => {
    requests.push(request);
    (answers.length > 1 ? answers.shift()! : answers[0]!)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const rangeOf = (request: IncomingMessage): number =>
  Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);

/** Serves `bytes`, a range where one is asked for and the tag is still the same, and may break off. */
const serve =
  ({ bytes = content, tag = '"a"', until = Infinity }: { bytes?: Buffer; tag?: string; until?: number } = {}): Answer =>
  (request, response) => {
    const same = request.headers['if-range'] === tag;
    const from = same ? rangeOf(request) : 0;
    const rest = bytes.subarray(from);
    const range = same ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(same ? 206 : 200, { etag: tag, 'content-length': rest.length, ...range });
    if (until >= rest.length) response.end(rest);
    else response.write(rest.subarray(0, until), () => response.socket?.destroy());
  };
const whole = () => serve();

const order = (change: Partial<DownloadOrder> = {}): DownloadOrder => ({
  url: `${origin}/data.bin`,
  checksum: { algorithm: 'sha256', digest },
  folder,
  name: 'data.bin',
  signal: new AbortController().signal,
  progress: () => undefined,
  ...change,
});
const left = () => readdirSync(folder).toSorted();
const refusalOf = async (made: Promise<unknown>): Promise<Fault> => {
  const outcome = await made.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Fault);
  return outcome as Fault;
};

test('brings a file, tells how far it is, and asks no second time', async () => {
  const told: [number, number | null][] = [];
  const path = await download(order({ progress: (bytes, total) => told.push([bytes, total]) }));
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(told.at(-1)).toEqual([content.length, content.length]);
  expect(left()).toEqual(['data.bin']);
  await download(order());
  expect(requests).toHaveLength(1);
});

describe('a connection that breaks off', () => {
  test('anywhere is continued where it ended, so that no byte comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 150_000 }), { minLength: 1, maxLength: 3 }),
        async (cuts) => {
          folder = freshFolder();
          requests = [];
          answers = [...cuts.map((until) => serve({ until })), whole()];
          const path = await download(order({ folder }));
          expect(readFileSync(path).equals(content)).toBe(true);
          const starts = requests.map(rangeOf);
          expect(starts).toEqual(starts.toSorted((a, b) => a - b));
          expect(left()).toEqual(['data.bin']);
        },
      ),
      { numRuns: 6 },
    );
  });

  test('in one run is continued in the next', async () => {
    const stop = new AbortController();
    // What comes last before a connection breaks may be lost; so this one hangs, and the user ends it.
    const hanging: Answer = (_, response) => {
      response.writeHead(200, { etag: '"a"', 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    };
    answers = [hanging];
    const refused = expect(download(order({ signal: stop.signal }))).rejects.toThrow('the user stopped it');
    const part = join(folder, 'data.bin.part');
    await vi.waitFor(() => expect(statSync(part).size).toBeGreaterThan(0), { timeout: 20_000 });
    stop.abort(new Error('the user stopped it'));
    await refused;
    expect(left()).toContain('data.bin.part');
    answers = [whole()];
    await download(order());
    expect(rangeOf(requests.at(-1)!)).toBeGreaterThan(0);
    expect(left()).toEqual(['data.bin']);
  });

  test('while the file at its source changes begins anew', async () => {
    const other = randomBytes(200_000);
    answers = [serve({ until: 90_000, bytes: other, tag: '"old"' }), whole()];
    expect(readFileSync(await download(order())).equals(content)).toBe(true);
  });

  test('at a server that ignores ranges begins anew', async () => {
    const plain: Answer = (_, response) => {
      response.writeHead(200, { etag: '"a"', 'content-length': content.length });
      response.end(content);
    };
    answers = [serve({ until: 90_000 }), plain];
    expect(readFileSync(await download(order())).equals(content)).toBe(true);
  });

  test('at a server that answers with another range than it was asked for begins anew', async () => {
    const liar: Answer = (_, response) => {
      response.writeHead(206, { etag: '"a"', 'content-range': `bytes 7-299999/300000`, 'content-length': 299_993 });
      response.end(content.subarray(7));
    };
    answers = [serve({ until: 90_000 }), liar, whole()];
    expect(readFileSync(await download(order())).equals(content)).toBe(true);
  });
});

describe('is refused in a sentence, and nothing half-made is left under the name', () => {
  test('what has another checksum', async () => {
    answers = [serve({ bytes: randomBytes(1000) })];
    const fault = await refusalOf(download(order()));
    expect(fault.code).toBe('download-failed');
    expect(fault.message).toContain(`expected ${digest}`);
    expect(left()).toEqual([]);
  });

  test('what is not there', async () => {
    answers = [(_, response) => void response.writeHead(404).end()];
    const fault = await refusalOf(download(order()));
    expect(fault.message).toContain('the server answered 404');
    expect(fault.hint).toContain('data.source');
    expect(requests).toHaveLength(1);
  });

  test('an open http: address of another machine', async () => {
    const fault = await refusalOf(download(order({ url: 'http://mirror.example/data.bin' })));
    expect(fault.message).toContain('could be changed on its way');
  });

  test('what is no address', async () => {
    expect((await refusalOf(download(order({ url: 'data.bin' })))).message).toContain('no https: or file: address');
  });

  test('a circle of redirects', async () => {
    answers = [(_, response) => void response.writeHead(302, { location: '/again' }).end()];
    expect((await refusalOf(download(order()))).message).toContain('sent on more than 5 times');
  });
});

test('a redirect is followed', async () => {
  answers = [(_, response) => void response.writeHead(307, { location: '/elsewhere' }).end(), whole()];
  await download(order());
  expect(requests.map(({ url }) => url)).toEqual(['/data.bin', '/elsewhere']);
});

test('two at once bring one file once', async () => {
  const paths = await Promise.all([download(order()), download(order()), download(order())]);
  expect(new Set(paths).size).toBe(1);
  expect(requests).toHaveLength(1);
});

test('a lock of a process that is gone holds nobody up', async () => {
  writeFileSync(join(folder, 'data.bin.part.lock'), '999999999');
  await download(order());
  expect(left()).toEqual(['data.bin']);
});

test('a file: that lies here is used where it lies, and checked', async () => {
  const path = join(folder, 'mine.bin');
  writeFileSync(path, content);
  expect(await download(order({ url: pathToFileURL(path).href }))).toBe(path);
  writeFileSync(path, 'other');
  expect((await refusalOf(download(order({ url: pathToFileURL(path).href })))).message).toContain(
    'is not what it should be',
  );
  expect(existsSync(path)).toBe(true);
});
