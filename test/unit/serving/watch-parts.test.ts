import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createBatcher, Overloaded } from '../../../sidecar/serving/batching.ts';
import { createLatency } from '../../../sidecar/serving/latency.ts';
import { createPacedQueue } from '../../../sidecar/serving/paced-queue.ts';
import { createRouter } from '../../../sidecar/serving/router.ts';
import { routes } from '../../../sidecar/serving/routes.ts';
import { createThrottle } from '../../../sidecar/serving/throttle.ts';
import { inputValues, watchedInputs } from '../../../sidecar/serving/watched.ts';
import { codec, tableFeatures } from './open-endpoint.ts';

describe('a batcher', () => {
  /** Answers each row with itself, and remembers the sizes of the runs. */
  const echo = (maxRows: number, maxQueuedRows = 10_000) => {
    const runs: number[] = [];
    const batcher = createBatcher({
      rowLength: 2,
      maxRows,
      maxQueuedRows,
      run: async (data, rows) => {
        runs.push(rows);
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (data.includes(-1)) throw new Error('broken row');
        return [{ name: 'y', type: 'float32', dims: [rows, 2], data: data as Float32Array }];
      },
    });
    return { runs, batcher };
  };

  test('gives each request exactly its own rows, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        async (sizes, maxRows) => {
          const { batcher, runs } = echo(maxRows);
          const answers = await Promise.all(
            sizes.map(async (rows, job) => {
              const input = Float32Array.from({ length: rows * 2 }, (_, at) => job * 1000 + at);
              const [y] = await batcher.submit(input, rows);
              return { input, y };
            }),
          );
          for (const { input, y } of answers) {
            expect(y!.dims).toEqual([input.length / 2, 2]);
            expect(Array.from(y!.data as Float32Array)).toEqual(Array.from(input));
          }
          expect(Math.max(...runs)).toBeLessThanOrEqual(maxRows);
          expect(batcher.queued()).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('joins what waits while a run is in progress', async () => {
    const { batcher, runs } = echo(32);
    await Promise.all(Array.from({ length: 20 }, () => batcher.submit(new Float32Array(2), 1)));
    expect(runs.length).toBeLessThan(5);
  });

  test('fails the requests of a broken run, and goes on', async () => {
    const { batcher } = echo(4);
    const broken = batcher.submit(new Float32Array(20).fill(-1), 10);
    const fine = batcher.submit(new Float32Array([1, 2]), 1);
    await expect(broken).rejects.toThrow('broken row');
    await expect(fine.catch(() => batcher.submit(new Float32Array([1, 2]), 1))).resolves.toHaveLength(1);
    expect(batcher.queued()).toBe(0);
  });

  test('refuses more than may wait', async () => {
    const { batcher } = echo(1, 3);
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => batcher.submit(new Float32Array(2), 1)));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(Overloaded);
  });
});

test('percentiles are of the newest durations', () => {
  const latency = createLatency();
  expect(latency.read()).toEqual({ p50: null, p95: null });
  for (let ms = 1; ms <= 100; ms++) latency.add(ms);
  expect(latency.read()).toEqual({ p50: 50, p95: 95 });
  for (let at = 0; at < 2000; at++) latency.add(7);
  expect(latency.read()).toEqual({ p50: 7, p95: 7 });
});

test('a paced queue does everything in order, and leaves out what does not fit', async () => {
  const done: number[] = [];
  const queue = createPacedQueue<{ id: number; left: number }>(10, (item) => {
    done.push(item.id);
    item.left -= 1;
    return item.left === 0;
  });
  expect(queue.add({ id: 1, left: 2 }, 20)).toBe(true);
  expect(queue.add({ id: 2, left: 1 }, 1)).toBe(false);
  await expect.poll(() => done).toEqual([1, 1]);
  expect(queue.add({ id: 3, left: 1 }, 5)).toBe(true);
  expect(queue.add({ id: 4, left: 1 }, 5)).toBe(true);
  queue.drain();
  expect(done).toEqual([1, 1, 3, 4]);
});

test('a throttle tells at once, then not before the pause is over, and never loses the last change', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const tell = vi.fn();
    const { soon } = createThrottle(500, tell);
    soon();
    expect(tell).toHaveBeenCalledTimes(1);
    for (let at = 0; at < 10; at++) soon();
    expect(tell).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(500);
    expect(tell).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5000);
    expect(tell).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a router finds each route by its own path and never throws', () => {
  const find = createRouter(routes);
  for (const route of routes) {
    const path = route.path.replace('{model}', 'a%20b').replace('{version}', '3');
    expect(find(route.method, path)).toMatchObject({ kind: 'route', route });
  }
  expect(find('GET', '/v2/models/a%20b')).toMatchObject({ params: { model: 'a b' } });
  expect(find('DELETE', '/predict')).toEqual({ kind: 'method', allow: ['POST'] });
  fc.assert(
    fc.property(fc.string(), fc.string(), (method, path) => {
      expect(['route', 'method', 'nothing']).toContain(find(method, path).kind);
    }),
  );
});

test('a row of a table is watched column by column, one-hot groups as categories', () => {
  const features = {
    ...tableFeatures,
    columns: [
      { kind: 'onehot', column: 'colour', categories: ['red', 'blue'] },
      { kind: 'number', column: 'width', fill: 0 },
    ],
    inputShape: [3],
  } as const;
  const watched = { ...features, columns: [...features.columns].map((column) => ({ ...column })), inputShape: [3] };
  const asFeatures = watched as unknown as typeof tableFeatures;
  expect(watchedInputs(asFeatures).map(({ feature, type }) => [feature, type])).toEqual([
    ['colour', 'category'],
    ['width', 'number'],
  ]);
  expect(inputValues(['blue', 4], asFeatures, codec)).toEqual(['blue', 4]);
  expect(inputValues(['', Number.NaN], asFeatures, codec)).toEqual([null, null]);
});
