import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ColumnTransform, Features } from '../../../sidecar/contract/features.ts';
import { Hash } from '../../../sidecar/contract/ids.ts';
import { calendarOf, parseDate } from '../../../sidecar/datasets/dates.ts';
import { withoutRawColumns, withRawColumns } from '../../../sidecar/datasets/feature-graph.ts';
import { widthOf } from '../../../sidecar/datasets/raw-columns.ts';
import { float32Tensor, openSession, type Feeds } from '../../../sidecar/engines/onnx/session.ts';
import { buildModel } from '../../../sidecar/graph/build.ts';
import { readModel } from '../../../sidecar/graph/read.ts';
import { writeModel } from '../../../sidecar/graph/write.ts';
import { encodeRow } from './workspace.ts';

const featuresOf = (columns: readonly ColumnTransform[]): Features => ({
  hash: Hash.parse('0'.repeat(64)),
  task: 'classification',
  inputShape: [columns.reduce((width, transform) => width + widthOf(transform), 0)],
  classes: ['no', 'yes'],
  rows: { train: 1, validation: 0, test: 0 },
  normalization: { mean: [0], std: [1] },
  columns: [...columns],
  target: 'label',
});
const encode = (cell: unknown, transform: ColumnTransform) =>
  encodeRow({ [transform.column]: cell }, featuresOf([transform]));
const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });

test('a scaled number is what float64 arithmetic gives, and a missing one is filled', async () => {
  await fc.assert(
    fc.asyncProperty(
      number,
      number,
      number,
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      async (cell, fill, shift, scale) => {
        const transform = { kind: 'scaled', column: 'x', fill, shift, scale } as const;
        expect((await encode(cell, transform)).map((value) => value + 0)).toEqual([
          Math.fround((cell - shift) / scale) + 0,
        ]);
        expect((await encode(null, transform)).map((value) => value + 0)).toEqual([
          Math.fround((fill - shift) / scale) + 0,
        ]);
      },
    ),
    { numRuns: 20 },
  );
});

test('a logarithm is that of 1 + x, and of nothing below −1', async () => {
  const transform = { kind: 'log1p', column: 'x', fill: 4 } as const;
  for (const cell of [0, 0.5, 1e6, -0.5]) {
    expect((await encode(cell, transform))[0]).toBeCloseTo(Math.log1p(cell), 6);
  }
  expect((await encode('', transform))[0]).toBeCloseTo(Math.log1p(4), 6);
  await expect(encode(-1, transform)).rejects.toThrow(/“x” takes a number above -1, and -1 is not/);
});

test('categories have a cell each; unknown ones have none, or share one', async () => {
  const categories = ['Rome', 'Oslo', 'Kraków'];
  const zeros = { kind: 'onehot', column: 'c', categories } as const;
  const others = { ...zeros, others: true } as const;
  expect(await encode(' Oslo ', zeros)).toEqual([0, 1, 0]);
  expect(await encode('Kraków', others)).toEqual([0, 0, 1, 0]);
  for (const cell of ['rome', 'Bern', 7]) {
    expect(await encode(cell, zeros)).toEqual([0, 0, 0]);
    expect(await encode(cell, others)).toEqual([0, 0, 0, 1]);
  }
  for (const missing of [null, '', 'NA']) {
    expect(await encode(missing, zeros)).toEqual([0, 0, 0]);
    expect(await encode(missing, others)).toEqual([0, 0, 0, 0]);
  }
  expect(await encode(3, { kind: 'onehot', column: 'c', categories: ['3'] })).toEqual([1]);
});

test('a hash is MurmurHash3 of 32 bits with seed 0, modulo the cells; nothing has no cell', async () => {
  const published = {
    hello: 0x248bfa47,
    'hello, world': 0x149bbb7f,
    'The quick brown fox jumps over the lazy dog': 0x2e4ff723,
  };
  for (const [text, hash] of Object.entries(published)) {
    const cells = await encode(text, { kind: 'hash', column: 'c', buckets: 64 });
    expect(cells.indexOf(1)).toBe(hash % 64);
    expect(cells.reduce((sum, cell) => sum + cell)).toBe(1);
  }
  expect(await encode(null, { kind: 'hash', column: 'c', buckets: 3 })).toEqual([0, 0, 0]);
});

test('every number has exactly one bucket, and a boundary belongs to the upper one', async () => {
  const bounds = fc.uniqueArray(number, { minLength: 1, maxLength: 6 }).map((all) => all.toSorted((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(bounds, number, async (boundaries, cell) => {
      const transform = { kind: 'bucket', column: 'x', boundaries } as const;
      const expected = boundaries.filter((bound) => cell >= bound).length;
      const cells = await encode(cell, transform);
      expect(cells).toEqual(Array.from({ length: boundaries.length + 1 }, (_, at) => Number(at === expected)));
      expect((await encode(boundaries[0], transform)).indexOf(1)).toBe(1);
      expect(await encode('?', transform)).toEqual(boundaries.map(() => 0).concat(0));
    }),
    { numRuns: 15 },
  );
});

test('a date is year, month, day, weekday and hour as the calendar of the runtime has them', async () => {
  const transform: ColumnTransform = { kind: 'date', column: 'd', fill: [1, 2, 3, 4, 5] };
  const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
  await fc.assert(
    fc.asyncProperty(seconds, async (at) => {
      expect(await encode(at, transform)).toEqual(calendarOf(at));
    }),
    { numRuns: 60 },
  );
  expect(await encode('2026-11-25T23:30:00+01:00', transform)).toEqual([2026, 11, 25, 2, 22]);
  expect(await encode('2024-02-29', transform)).toEqual([2024, 2, 29, 3, 0]);
  expect(await encode(null, transform)).toEqual([1, 2, 3, 4, 5]);
  await expect(encode('2023-02-29', transform)).rejects.toThrow(/takes a date such as/);
});

test('only dates of ISO 8601 are dates', () => {
  expect(['2026-11-25', '2026-11-25 01:02', '2026-11-25T01:02:03.5Z', '2026-11-25T01:02+0130'].map(parseDate)).toEqual([
    1795564800, 1795568520, 1795568523.5, 1795563120,
  ]);
  for (const text of ['25.11.2026', '2026-13-01', '2026-1-1', 'today', '2026-11-25T25:00'])
    expect(parseDate(text)).toBeNull();
});

const mixed: readonly ColumnTransform[] = [
  { kind: 'scaled', column: 'age', fill: 40, shift: 40, scale: 10 },
  { kind: 'onehot', column: 'city', categories: ['Rome', 'Oslo'] },
  { kind: 'bucket', column: 'age', boundaries: [30, 50] },
  { kind: 'number', column: 'logits', fill: 0 },
];
const bare = (features: Features): Uint8Array =>
  writeModel(
    buildModel({
      architecture: 'mlp',
      params: { hidden: [4] },
      inputShape: features.inputShape,
      outputs: 2,
      task: 'classification',
      seed: 3,
      normalization: { mean: [0], std: [1] },
    }),
  );
const run = async (model: Uint8Array, feeds: Feeds) => {
  const session = await openSession(model, 'cpu');
  const { probabilities } = await session.run(feeds, ['probabilities']);
  await session.close();
  return [...(probabilities!.data as Float32Array)];
};

test('a model with the graph in front takes raw columns by name and answers as it does for encoded rows', async () => {
  const { Tensor } = await import('onnxruntime-node');
  const features = featuresOf(mixed);
  const model = bare(features);
  const served = withRawColumns(model, features);
  expect(readModel(served).graph.inputs.map(({ name, type }) => [name, type])).toEqual([
    ['age', 'float64'],
    ['city', 'string'],
    // The model's own output is called so.
    ['column logits', 'float64'],
  ]);
  const encoded = await encodeRow({ age: 55, city: 'Oslo', logits: 2 }, features);
  expect(encoded).toEqual([1.5, 0, 1, 0, 0, 1, 2]);
  const expected = await run(model, { input: float32Tensor(Float32Array.from(encoded), [1, 7]) });
  expect(
    await run(served, {
      age: new Tensor('float64', Float64Array.of(55), [1, 1]),
      city: new Tensor('string', ['Oslo'], [1, 1]),
      'column logits': new Tensor('float64', Float64Array.of(2), [1, 1]),
    }),
  ).toEqual(expected);
  const behind = withoutRawColumns(served, features);
  const [input] = readModel(behind).graph.inputs;
  expect(await run(behind, { [input!.name]: float32Tensor(Float32Array.from(encoded), [1, 7]) })).toEqual(expected);
});

test('a model that takes raw columns already, and one of pictures, stay as they are', () => {
  const features = featuresOf(mixed);
  const served = withRawColumns(bare(features), features);
  expect(withRawColumns(served, features)).toBe(served);
  const pictures = { ...features, columns: [] };
  expect(withRawColumns(served, pictures)).toBe(served);
  expect(withoutRawColumns(served, pictures)).toBe(served);
});
