import { expect, test } from 'vitest';
import { encodeRow, rowsOf, workspaceWith } from './workspace.ts';

const fault = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

const day = (at: number) => new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10);
const cities = ['Rome', 'Rome', 'Rome', 'Oslo', 'Oslo', 'Bern'];
const lines = Array.from({ length: 60 }, (_, at) =>
  [at, 10 ** (at % 4), cities[at % 6]!, `user ${at}`, day(at), `p${at % 12}`, at % 2 === 0 ? 'yes' : 'no'].join(','),
);
const table = `age,amount,city,user,day,patient,label\n${lines.join('\n')}\n`;
const featurize = (features: readonly object[], settings = {}) =>
  workspaceWith({ 't.csv': table }).featurize('t.csv', settings, features as never);

test('the section lists all features, in its order; a column may give several, and others give none', async () => {
  const open = await featurize([
    { name: 'age', transform: 'standard' },
    { name: 'age_part', from: 'age', transform: 'minmax' },
    { name: 'amount_log', from: 'amount', transform: 'log1p' },
    { name: 'city', transform: 'onehot' },
    { name: 'user', transform: 'hash', buckets: 8 },
    { name: 'age_quarter', from: 'age', transform: 'bucket', buckets: 4 },
    { name: 'day', transform: 'date' },
    { name: 'amount' },
  ]);
  const { columns, inputShape, normalization } = open.features;
  expect(columns.map(({ kind, column }) => `${column} ${kind}`)).toEqual([
    'age scaled',
    'age scaled',
    'amount log1p',
    'city onehot',
    'user hash',
    'age bucket',
    'day date',
    'amount number',
  ]);
  expect(inputShape).toEqual([1 + 1 + 1 + 3 + 8 + 4 + 5 + 1]);
  expect(normalization.mean).toHaveLength(24);
  expect(normalization.std.every((std) => std > 0)).toBe(true);

  const train = rowsOf(open, 'train');
  const standard = train.map(({ input }) => input[0]!);
  const mean = standard.reduce((sum, value) => sum + value, 0) / standard.length;
  expect(mean).toBeCloseTo(0, 5);
  expect(standard.reduce((sum, value) => sum + (value - mean) ** 2, 0) / standard.length).toBeCloseTo(1, 5);
  const range = train.map(({ input }) => input[1]!);
  expect([Math.min(...range), Math.max(...range)]).toEqual([0, 1]);
  const quarters = [0, 1, 2, 3].map((at) => train.filter(({ input }) => input[14 + at] === 1).length);
  expect(Math.max(...quarters) - Math.min(...quarters)).toBeLessThanOrEqual(1);
});

test('every row is encoded as it will be when it is served', async () => {
  const open = await featurize([
    { name: 'age', transform: 'standard' },
    { name: 'city', transform: 'onehot', min_count: 10 },
    { name: 'user', transform: 'hash', buckets: 8 },
    { name: 'day', transform: 'date' },
  ]);
  const header = table.split('\n')[0]!.split(',');
  for (const { name, input } of rowsOf(open, 'test')) {
    const cells = lines[Number(name.replace('row ', '')) - 1]!.split(',');
    const record = Object.fromEntries(header.map((column, at) => [column, cells[at]]));
    expect(await encodeRow(record, open.features)).toEqual(input);
  }
});

test('rare categories share one cell, by their count among the training rows', async () => {
  const { features } = await featurize([{ name: 'city', transform: 'onehot', min_count: 10 }]);
  expect(features.columns).toEqual([{ kind: 'onehot', column: 'city', categories: ['Rome', 'Oslo'], others: true }]);
});

test('rows before they were encoded are kept for the watch, from the training part alone', async () => {
  const open = await featurize([{ name: 'age' }, { name: 'city', transform: 'onehot' }]);
  const sample = open.sample()!;
  expect(sample).toHaveLength(open.features.rows.train);
  const held = new Set(rowsOf(open, 'test').map(({ name }) => Number(name.replace('row ', '')) - 1));
  expect(sample.some(([age]) => held.has(Number(age)))).toBe(false);
  expect(sample[0]).toEqual([expect.any(Number), expect.any(String)]);
});

test('patients stay in one part, and their column is no feature by itself', async () => {
  const open = await featurize([], { split: { group_by: 'patient' } });
  const patientsOf = (part: 'train' | 'validation' | 'test') =>
    new Set(open.source(part).names.map((name) => (Number(name.replace('row ', '')) - 1) % 12));
  const [train, validation, held] = [patientsOf('train'), patientsOf('validation'), patientsOf('test')];
  expect(train.size + validation.size + held.size).toBe(12);
  expect([...train].filter((patient) => held.has(patient))).toEqual([]);
  expect(open.features.columns.map(({ column }) => column)).not.toContain('patient');
});

test('the newest rows are the test part', async () => {
  const open = await featurize([{ name: 'age' }], { split: { time: 'day' } });
  expect(open.source('test').names).toEqual(['row 55', 'row 56', 'row 57', 'row 58', 'row 59', 'row 60']);
  expect(open.source('train').names.at(-1)).toBe('row 48');
});

test.each<[string, readonly object[], object, RegExp]>([
  ['a column that is not there', [{ name: 'agee' }], {}, /`features\[0\]`.* no column “agee”/],
  ['the target', [{ name: 'label', transform: 'onehot' }], {}, /`features\[0\]`.* what is to be predicted/],
  [
    'a text as a number',
    [{ name: 'age' }, { name: 'city' }],
    {},
    /`features\[1\]\.transform`.* “city” holds no numbers/,
  ],
  ['a number as a date', [{ name: 'city', transform: 'date' }], {}, /“city” holds no dates/],
  [
    'one column as two types',
    [{ name: 'age' }, { name: 'b', from: 'age', transform: 'onehot' }],
    {},
    /takes the column “age” as a number, and this one as a text/,
  ],
  ['a group that is not there', [], { split: { group_by: 'nobody' } }, /`data\.split\.group_by`.* no column “nobody”/],
])('%s is refused at its place', async (_what, features, settings, words) => {
  await expect(featurize(features, settings)).rejects.toThrow(fault('configuration-invalid', words));
});

test('a time that is none is refused with its row', async () => {
  const broken = workspaceWith({ 't.csv': table.replace(day(9), 'soon') });
  await expect(broken.featurize('t.csv', { split: { time: 'day' } })).rejects.toThrow(
    fault('dataset-unreadable', /row 10 has "soon" as “day”/),
  );
});

test('a number without a logarithm is refused with its row', async () => {
  const low = workspaceWith({ 't.csv': table.replace('\n7,', '\n-3,') });
  await expect(low.featurize('t.csv', {}, [{ name: 'x', from: 'age', transform: 'log1p' }])).rejects.toThrow(
    fault('dataset-unreadable', /row 8: .*“age” takes a number above -1, and -3 is not/),
  );
});
