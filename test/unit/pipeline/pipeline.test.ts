import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StageName } from '../../../sidecar/contract/ids.ts';
import { RunId } from '../../../sidecar/contract/ids.ts';
import { canonicalJson, startPipeline, walkPipeline, type Walk } from '../../../sidecar/pipeline/pipeline.ts';
import { done, ended, held, type Outcome, type Stage } from '../../../sidecar/pipeline/stage.ts';

interface Begin {
  readonly seed: number;
}

const count: Stage<Begin, { rows: number }> = {
  name: 'version',
  key: ({ seed }) => [seed],
  run: ({ seed }) => Promise.resolve(done({ rows: seed * 10 })),
};
const halve: Stage<{ rows: number }, { half: number }> = {
  name: 'featurize',
  key: ({ rows }) => [rows],
  run: ({ rows }) => Promise.resolve(done({ half: rows / 2 })),
};

const walkThrough = (changes: Partial<Walk> = {}) => {
  const log: string[] = [];
  const kept = new Map<string, object>();
  const stop = new AbortController();
  const walk: Walk = {
    until: 'monitor',
    context: () => ({
      run: RunId.parse('r1'),
      signal: stop.signal,
      progress: () => undefined,
      metrics: () => undefined,
      log: () => undefined,
    }),
    recall: (_, key) => kept.get(key),
    keep: (_, key, gives) => kept.set(key, gives),
    began: (stage: StageName) => log.push(`began ${stage}`),
    ended: (stage: StageName, _: Outcome<object>, manner: string) => log.push(`${manner} ${stage}`),
    ...changes,
  };
  return { walk, log, kept, stop };
};

test('each stage is handed everything that earlier stages gave', async () => {
  const seen: unknown[] = [];
  const last: Stage<Begin & { rows: number; half: number }, { sum: number }> = {
    name: 'train',
    key: () => null,
    run: (needs) => {
      seen.push(needs);
      return Promise.resolve(done({ sum: needs.rows + needs.half }));
    },
  };
  const { walk } = walkThrough();
  await walkPipeline(startPipeline<Begin>().through(count).through(halve).through(last), { seed: 2 }, walk);
  expect(seen).toEqual([{ seed: 2, rows: 20, half: 10 }]);
});

test('an equal key reuses what an earlier run gave, and a different one does not', async () => {
  const pipeline = startPipeline<Begin>().through(count).through(halve);
  const { walk, log } = walkThrough();
  await walkPipeline(pipeline, { seed: 1 }, walk);
  await walkPipeline(pipeline, { seed: 1 }, walk);
  await walkPipeline(pipeline, { seed: 3 }, walk);
  expect(log.filter((line) => !line.startsWith('began'))).toEqual([
    'done version',
    'done featurize',
    'reused version',
    'reused featurize',
    'done version',
    'done featurize',
  ]);
});

test('a held stage ends the walk with its reasons, and nothing of it is reused later', async () => {
  const gate: Stage<{ rows: number }, { verdict: string }> = {
    name: 'gate',
    key: ({ rows }) => [rows],
    run: () => Promise.resolve(held({ verdict: 'fail' }, ['too few rows'])),
  };
  const never: Stage<{ verdict: string }, object> = {
    name: 'register',
    key: () => null,
    run: () => Promise.reject(new Error('a held run went on')),
  };
  const { walk, kept } = walkThrough();
  const reasons = await walkPipeline(
    startPipeline<Begin>().through(count).through(gate).through(never),
    { seed: 1 },
    walk,
  );
  expect(reasons).toEqual(['too few rows']);
  expect(kept.size).toBe(1);
});

test('a stage that has ended the run leaves later stages alone, without a reason to hold', async () => {
  const command: Stage<Begin, { model: null }> = {
    name: 'train',
    key: () => null,
    run: () => Promise.resolve(ended({ model: null }, 'no model')),
  };
  const { walk, log } = walkThrough();
  expect(await walkPipeline(startPipeline<Begin>().through(command).through(count), { seed: 1 }, walk)).toEqual([]);
  expect(log).toEqual(['began train', 'ended train']);
});

test('a cancelled run begins no further stage', async () => {
  const { walk, log, stop } = walkThrough();
  const cancelling: Stage<Begin, object> = {
    name: 'version',
    key: () => null,
    run: () => {
      stop.abort(new Error('cancelled'));
      return Promise.resolve(done({}));
    },
  };
  const pipeline = startPipeline<Begin>().through(cancelling).through(count);
  await expect(walkPipeline(pipeline, { seed: 1 }, walk)).rejects.toThrow('cancelled');
  expect(log).toEqual(['began version', 'done version']);
});

test('the walk stops behind the stage it was asked to stop at', async () => {
  const { walk, log } = walkThrough({ until: 'version' });
  await walkPipeline(startPipeline<Begin>().through(count).through(halve), { seed: 1 }, walk);
  expect(log).toEqual(['began version', 'done version']);
});

test('canonical JSON does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
