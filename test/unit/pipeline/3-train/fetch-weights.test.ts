import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../../../../sidecar/faults.ts';
import { fetchWeights } from '../../../../sidecar/pipeline/3-train/fetch-weights.ts';
import { pretrainedNames } from '../../../../sidecar/pipeline/3-train/pretrained-sources.ts';
import { isArchitecture } from '../../../../sidecar/graph/build.ts';
import { sha256Of } from '../../../../sidecar/versions/hash.ts';
import { serveFiles, type FileServer } from '../../../support/file-server.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';

const bytes = randomBytes(100_000);
const sha256 = sha256Of(bytes);
const commit = 'c0ffee'.padEnd(40, '0');
let server: FileServer;
let cache: string;

beforeEach(async () => {
  [server, cache] = [await serveFiles(), freshFolder()];
});
afterEach(() => server.close());

const environment = () => ({ TRAINYARD_CACHE: cache, HF_ENDPOINT: server.origin });
const fetchIt = (name: string, pretrained: true | string, context = recordedContext().context) =>
  fetchWeights(name, pretrained, context, environment());
const refusalOf = async (made: Promise<unknown>): Promise<Fault> => {
  const outcome = await made.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Fault);
  return outcome as Fault;
};
const paths = () => server.requests.map(({ method, url }) => `${method} ${url}`);

describe('published weights', () => {
  test('whose digest nobody confirmed are those that the hub announces, at the commit that it names', async () => {
    const at = (revision: string) => `/timm/resnet101.tv_in1k/resolve/${revision}/model.safetensors`;
    server.files.set(at('main'), {
      bytes: Buffer.from('a later file'),
      headers: { 'x-linked-etag': `"${sha256}"`, 'x-repo-commit': commit },
    });
    server.files.set(at(commit), { bytes });
    const { context, lines } = recordedContext();
    const weights = await fetchIt('resnet101', true, context);
    expect(weights.sha256).toBe(sha256);
    expect(readFileSync(weights.path).equals(bytes)).toBe(true);
    expect(lines.join('\n')).toContain(`announces sha256 ${sha256}`);
    expect(paths()).toEqual([`HEAD ${at('main')}`, `GET ${at(commit)}`]);

    // Without a network, and when the branch has moved on, they stay the same.
    await server.close();
    expect(await fetchIt('resnet101', true)).toEqual(weights);
  });

  test('that are not what the hub announces are refused, and nothing is kept', async () => {
    const at = '/timm/resnet152.tv_in1k/resolve/main/model.safetensors';
    server.files.set(at, { bytes: randomBytes(10), headers: { 'x-linked-etag': `"${sha256}"` } });
    expect((await refusalOf(fetchIt('resnet152', true))).message).toContain('is not what it should be');
    server.files.set(at, { bytes, headers: { 'x-linked-etag': `"${sha256}"` } });
    expect((await fetchIt('resnet152', true)).sha256).toBe(sha256);
  });

  test('with a pinned digest are refused where a mirror has others', async () => {
    const at = '/timm/resnet18.tv_in1k/resolve/bbd144b3e5565108aad885f145491d11bc6ce807/model.safetensors';
    server.files.set(at, { bytes });
    const { code, message } = await refusalOf(fetchIt('resnet18', true));
    expect(code).toBe('download-failed');
    expect(message).toContain('694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81');
  });

  test('exist for models that are built here', () => {
    expect(pretrainedNames.filter((name) => !isArchitecture(name))).toEqual([]);
  });

  test('do not exist for other models: the refusal says for which', async () => {
    const { message, hint } = await refusalOf(fetchIt('cnn', true));
    expect(message).toBe('There are no published weights for cnn.');
    expect(hint).toContain('resnet18, resnet34, resnet50, resnet101, resnet152, mobilenetv2');
  });
});

describe('weights at an address', () => {
  const address = () => `${server.origin}/mine.safetensors`;
  beforeEach(() => void server.files.set('/mine.safetensors', { bytes }));

  test('are remembered by their digest, which is told, and are brought once', async () => {
    const { context, lines, notes } = recordedContext();
    const first = await fetchIt('cnn', address(), context);
    expect(first.sha256).toBe(sha256);
    expect(lines.find((line) => line.startsWith('warn: '))).toContain(`#sha256=${sha256}`);
    expect(notes.at(-1)).toBe('fetching weights, 0.1 of 0.1 MB');
    const before = server.requests.length;
    expect(await fetchIt('cnn', address())).toEqual(first);
    expect(server.requests).toHaveLength(before);
  });

  test('that are others than at their first use are refused', async () => {
    const { path } = await fetchIt('cnn', address());
    rmSync(path);
    server.files.set('/mine.safetensors', { bytes: randomBytes(100_000) });
    expect((await refusalOf(fetchIt('cnn', address()))).message).toContain(`expected ${sha256}`);
  });

  test('with a digest behind them must have it', async () => {
    expect(await fetchIt('cnn', `${address()}#sha256=${sha256}`)).toMatchObject({ sha256 });
    const wrong = '0'.repeat(64);
    expect((await refusalOf(fetchIt('cnn', `${address()}#sha256=${wrong}`))).message).toContain(`expected ${wrong}`);
  });

  test.each(['http://example.org/a.safetensors', 'https:///', 'ftp://example.org/a', 'https://x/a#sha256=12'])(
    'such as %s are refused',
    async (wrong) => {
      expect(['download-failed', 'configuration-invalid']).toContain((await refusalOf(fetchIt('cnn', wrong))).code);
      expect(server.requests).toEqual([]);
    },
  );

  test('stop coming when the run is cancelled, and are continued by the next', async () => {
    const stop = new AbortController();
    const { context } = recordedContext(stop.signal);
    server.files.set('/mine.safetensors', { bytes, until: 40_000 });
    const listening = { ...context, progress: () => stop.abort(new Error('cancelled')) };
    await expect(fetchIt('cnn', address(), listening)).rejects.toThrow('cancelled');
    server.files.set('/mine.safetensors', { bytes });
    expect((await fetchIt('cnn', address())).sha256).toBe(sha256);
  });
});
