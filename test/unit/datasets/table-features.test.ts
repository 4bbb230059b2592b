import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeRow, rowsOf, workspaceWith } from './workspace.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const csv = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((cells) => `${cells.join(',')}\n`).join('');
const featurize = (text: string, settings = {}) =>
  workspaceWith({ 'data/t.csv': text }).featurize('data/t.csv', settings);

const people = csv([
  ['age', 'city', 'income', 'label'],
  ...Array.from({ length: 40 }, (_, at) => [
    20 + at,
    ['Rome', 'Oslo', 'Paris'][at % 3]!,
    at * 100,
    at % 2 === 0 ? 'yes' : 'no',
  ]),
]);

test('a table becomes rows of numbers: numbers as they are, categories one-hot, the last column the target', async () => {
  const open = await featurize(people);
  expect(open.features).toMatchObject({
    task: 'classification',
    classes: ['no', 'yes'],
    inputShape: [5],
    target: 'label',
  });
  expect(open.features.columns.map(({ kind, column }) => [kind, column])).toEqual([
    ['number', 'age'],
    ['onehot', 'city'],
    ['number', 'income'],
  ]);
  const [row] = rowsOf(open, 'test');
  const at = Number(row!.name.replace('row ', '')) - 1;
  expect(row!.input[0]).toBe(20 + at);
  expect(row!.input[4]).toBe(at * 100);
  expect(row!.input.slice(1, 4).reduce((sum, value) => sum + value)).toBe(1);
  expect(row!.target).toBe(at % 2 === 0 ? 1 : 0);
});

test('training and serving give the same numbers for the same row', async () => {
  const open = await featurize(people);
  const lines = people
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  for (const part of ['train', 'validation', 'test'] as const) {
    for (const { name, input } of rowsOf(open, part)) {
      const cells = lines[Number(name.replace('row ', ''))]!;
      const typed = { age: Number(cells[0]), city: cells[1], income: cells[2], unknown: 'x' };
      expect(await encodeRow(typed, open.features)).toEqual(input);
    }
  }
});

test('mean, deviation, fill and categories come from the training rows only', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.constantFrom('new', 'Rome', '')), {
        minLength: 8,
        maxLength: 8,
      }),
      async (others) => {
        const first = await featurize(people);
        const held = [...first.source('test').names, ...first.source('validation').names].map((name) =>
          Number(name.replace('row ', '')),
        );
        const lines = people
          .trim()
          .split('\n')
          .map((line) => line.split(','));
        held.forEach((row, at) => {
          const [number, city] = others[at]!;
          lines[row] = [String(number), city, String(number), lines[row]![3]!];
        });
        const second = await featurize(csv(lines));
        expect(second.source('test').names).toEqual(first.source('test').names);
        expect(second.features.columns).toEqual(first.features.columns);
        expect(second.features.normalization).toEqual(first.features.normalization);
      },
    ),
    { numRuns: 5 },
  );
});

test('the normalization is the mean and deviation of the training rows, and 0 and 1 for categories', async () => {
  const open = await featurize(people);
  const ages = rowsOf(open, 'train').map(({ input }) => input[0]!);
  const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
  expect(open.features.normalization.mean[0]).toBeCloseTo(mean, 9);
  expect(open.features.normalization.std[0]).toBeCloseTo(
    Math.sqrt(ages.reduce((sum, age) => sum + (age - mean) ** 2, 0) / ages.length),
    9,
  );
  expect(open.features.normalization.mean.slice(1, 4)).toEqual([0, 0, 0]);
  expect(open.features.normalization.std.slice(1, 4)).toEqual([1, 1, 1]);
});

test('numbers with more than 20 different values are regression, fewer are classes, and the setting overrules', async () => {
  const table = (values: number) => csv([['x', 'y'], ...Array.from({ length: 60 }, (_, at) => [at, at % values])]);
  expect((await featurize(table(21))).features).toMatchObject({ task: 'regression', classes: [] });
  expect((await featurize(table(20))).features).toMatchObject({ task: 'classification' });
  expect((await featurize(table(20))).features.classes.slice(0, 3)).toEqual(['0', '1', '2']);
  expect((await featurize(table(21), { task: 'classification' })).features.classes).toHaveLength(21);
  const forced = await featurize(table(2), { task: 'regression' });
  expect(new Set(rowsOf(forced, 'train').map(({ target }) => target))).toEqual(new Set([0, 1]));
});

test('the target may be any column, and then the last one is a feature', async () => {
  const { features } = await featurize(people, { target: 'city' });
  expect(features.classes).toEqual(['Oslo', 'Paris', 'Rome']);
  expect(features.columns.map(({ column }) => column)).toEqual(['age', 'income', 'label']);
});

test('missing values get the mean or no category, unknown categories none, in training and in serving', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => [
    at === 3 ? '' : at === 4 ? 'NaN' : at,
    at === 5 ? '?' : 'ab'[at % 2]!,
    at % 2,
  ]);
  const open = await featurize(csv([['x', 'c', 'y'], ...rows]));
  const [x, c] = open.features.columns;
  const fill = x?.kind === 'number' ? x.fill : NaN;
  expect(c).toMatchObject({ kind: 'onehot' });
  for (const missing of [null, undefined, '', 'NA', NaN]) {
    expect(await encodeRow({ x: missing, c: missing }, open.features)).toEqual([Math.fround(fill), 0, 0]);
  }
  expect(await encodeRow({ x: '7', c: 'never seen' }, open.features)).toEqual([7, 0, 0]);
  expect(await encodeRow(Object.create({ x: 5 }) as Record<string, unknown>, open.features)).toEqual([
    Math.fround(fill),
    0,
    0,
  ]);
  await expect(encodeRow({ x: 'many' }, open.features)).rejects.toThrow(
    fault('request-invalid', /“x” takes a number, and "many" is none/),
  );
});

test('quotes, line breaks inside them, a byte order mark, CRLF and blank lines are read as CSV says', async () => {
  const text = `\ufeffx,"the ""city""",y\r\n1,"Rome, Italy",a\r\n\r\n2,"two\r\nlines",b\r\n`.concat(
    '3,Oslo,a\r\n4,Oslo,b\r\n'.repeat(5),
  );
  const open = await featurize(text);
  expect(open.features.columns.map(({ column }) => column)).toEqual(['x', 'the "city"']);
  expect(open.features.rows.train + open.features.rows.validation + open.features.rows.test).toBe(12);
});

test('columns that are no features are told: an index without a name, a text that always differs, an empty one', async () => {
  const words = Array.from({ length: 300 }, (_, at) => [at, `text ${at}`, '', at % 7, at % 2]);
  const workspace = workspaceWith({ 'data/t.csv': csv([['', 'comment', 'void', 'x', 'y'], ...words]) });
  const { features } = await workspace.featurize('data/t.csv');
  expect(features.columns.map(({ column }) => column)).toEqual(['x']);
  expect(workspace.said.join('\n')).toMatch(/“comment” has a different text/);
  expect(workspace.said.join('\n')).toMatch(/“void” is empty/);
  expect(workspace.said.join('\n')).toMatch(/first column has no name/);
});

test('a folder with one CSV file is that table', async () => {
  const { features } = await workspaceWith({ 'data/t.csv': people, 'data/README.md': 'x' }).featurize('data');
  expect(features.target).toBe('label');
});

test.each([
  ['nothing', '', 'dataset-empty', /data\/t\.csv holds no rows/],
  ['a header only', 'a,b\n', 'dataset-empty', /data\/t\.csv holds no rows/],
  ['one column', 'a\n1\n2\n', 'dataset-unreadable', /one column only/],
  ['a short line', 'a,b\n1,2\n3\n', 'dataset-unreadable', /not CSV: row 2 has 1 cells for 2 columns/],
  ['an open quote', 'a,b\n1,"2\n', 'dataset-unreadable', /not CSV/],
  ['two equal names', 'a,a,b\n1,2,3\n', 'dataset-unreadable', /two columns named “a”/],
  ['a missing name', 'a,,b\n1,2,3\n', 'dataset-unreadable', /column 2 has no name/],
  ['a missing target', 'a,b\n1,x\n2,\n3,y\n', 'dataset-unreadable', /row 2 has no “b”/],
  ['one class', 'a,b\n1,x\n2,x\n', 'dataset-one-class', /only one class, “x”/],
])('a table with %s is refused, by name', async (_what, text, code, words) => {
  await expect(featurize(text)).rejects.toThrow(fault(code, words));
});

test('UTF-16 is told by its byte order mark; other bytes that are no UTF-8 are refused', async () => {
  const utf16 = await workspaceWith({ 'data/t.csv': Buffer.from(`\ufeff${people}`, 'utf16le') }).featurize(
    'data/t.csv',
  );
  expect(utf16.features.classes).toEqual(['no', 'yes']);
  const latin1 = workspaceWith({ 'data/t.csv': Buffer.from('größe,b\n1,2\n', 'latin1') });
  await expect(latin1.featurize('data/t.csv')).rejects.toThrow(fault('dataset-unreadable', /UTF-8/));
});

test('a target that is not there is refused with the columns that are', async () => {
  await expect(featurize(people, { target: 'lable' })).rejects.toThrow(
    fault('dataset-unreadable', /no column “lable” .* it has age, city, income, label/),
  );
});

test('a text among numbers is an error with its row, not a column of categories', async () => {
  const rows = Array.from({ length: 100 }, (_, at) => [at === 57 ? 'oops' : at, at % 2]);
  await expect(featurize(csv([['x', 'y'], ...rows]))).rejects.toThrow(
    fault('dataset-unreadable', /data\/t\.csv .* row 58: .*“x” takes a number, and "oops" is none/),
  );
});

test('a text as the target of a regression is an error with its row', async () => {
  await expect(featurize('x,y\n1,2\n2,many\n', { task: 'regression' })).rejects.toThrow(
    fault('dataset-unreadable', /row 2 has “many” as “y”/),
  );
});
