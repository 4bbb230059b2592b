import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { CheckRule } from '../../../../sidecar/contract/training.ts';
import type { ComparedState } from '../../../../sidecar/datasets/difference/compare-data.ts';
import { openLooks } from '../../../../sidecar/datasets/difference/picture-looks.ts';
import { recognizeKind } from '../../../../sidecar/datasets/kind.ts';
import { checkState } from '../../../../sidecar/datasets/quality/check-state.ts';
import { examineUnique } from '../../../../sidecar/datasets/quality/unique-examiner.ts';
import { md5Of, sha256Of } from '../../../../sidecar/versions/hash.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { greyPng } from '../workspace.ts';

type Rule = z.input<typeof CheckRule>;

const stateOf = (files: Readonly<Record<string, string | Uint8Array>>): ComparedState => {
  const listed = Object.entries(files)
    .map(([path, text]) => ({ path, bytes: Buffer.from(text as Uint8Array) }))
    .map(({ path, bytes }) => ({
      path,
      size: bytes.length,
      content: sha256Of(bytes),
      md5: md5Of(bytes),
      executable: false,
      bytes,
    }))
    .sort((a, b) => comparePaths(a.path, b.path));
  const type = listed.length === 1 ? 'file' : 'folder';
  const find = ({ content }: { readonly content: string }) => listed.find((file) => file.content === content)!.bytes;
  return {
    type,
    kind: recognizeKind({ type, files: listed }),
    files: () => listed,
    contents: {
      get: find,
      pieces: function* (file) {
        yield find(file);
      },
      open: () => {
        throw new Error('nothing is read in ranges');
      },
      parts: () => {
        throw new Error('nothing is compared in pieces');
      },
    },
  };
};

const check = async (files: Parameters<typeof stateOf>[0], rules: readonly Rule[], target: string | null = null) => {
  const scratch = freshFolder();
  const checked = await checkState(
    {
      state: stateOf(files),
      rules: rules.map((rule) => CheckRule.parse(rule)),
      target,
      path: 'data/t',
      looks: openLooks(join(scratch, 'looks')),
      scratch: join(scratch, 'scratch'),
    },
    { signal: new AbortController().signal, progress: () => undefined },
  );
  return checked.judged;
};

const people = `id,age,country,mail,born,label
1,30,DE,a@b.c,2001-02-03,yes
2,41,FR,,1999-12-31,no
3,131,XX,nobody,NA,yes
3,-2,DE,d@e.f,31.12.1999,yes
`;

test.each<[string, Rule, string, number]>([
  ['a column that is gone', { columns: ['id', 'income'] }, 'The table differs: there is no income.', 1],
  [
    'a column that should not be there',
    { columns: ['id', 'age', 'country', 'mail', 'label'], only: true },
    'The table differs: born should not be there.',
    1,
  ],
  ['a type', { column: 'born', type: 'date' }, '1 of 4 rows breaks it, the first row 4: 31.12.1999.', 1],
  ['a range', { column: 'age', at_least: 0, at_most: 120 }, '2 of 4 rows break it, the first row 3: 131.', 2],
  ['an unknown value', { column: 'country', one_of: ['DE', 'FR'] }, '1 of 4 rows breaks it, the first row 3: XX.', 1],
  ['a pattern', { column: 'mail', matches: '^[^@]+@[^@]+$' }, '1 of 4 rows breaks it, the first row 3: nobody.', 1],
  ['missing values', { column: 'mail', missing_at_most: 0.1 }, '1 of 4 rows have no value: 25 %, at most 10 % may.', 1],
  ['a repeated key', { unique: ['id'] }, '1 of 4 rows repeats an earlier one, the first row 4: as row 3.', 1],
  ['too few rows', { count: 'rows', at_least: 5 }, 'There are 4 rows.', 1],
  ['too many files', { count: 'files', at_most: 0 }, 'There is 1 file.', 1],
  [
    'a small class',
    { count: 'each_class', at_least: 2 },
    '1 of 2 classes breaks it; “no” has 1 (25 %), “yes” has 3 (75 %).',
    1,
  ],
  [
    'a dominant class',
    { count: 'each_class', share_at_most: 0.7 },
    '1 of 2 classes breaks it; “no” has 1 (25 %), “yes” has 3 (75 %).',
    1,
  ],
  ['a column that no row has', { column: 'size', at_least: 0 }, 'There is no column size.', 1],
])('%s is found and told with its figures', async (_what, rule, sentence, count) => {
  const [found, ...others] = await check({ 't.csv': people }, [rule]);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ passed: false, sentence, count, onFail: 'block' });
});

test.each<[string, Rule]>([
  ['columns', { columns: ['label', 'age'] }],
  ['a type', { column: 'age', type: 'integer' }],
  ['a type of text', { column: 'country', type: 'text' }],
  ['a range that ends with the largest value', { column: 'age', at_least: -2, at_most: 131 }],
  ['values', { column: 'label', one_of: ['yes', 'no'] }],
  ['numbers as values', { column: 'id', one_of: [1, 2, 3] }],
  ['missing values', { column: 'mail', missing_at_most: 0.25 }],
  ['keys of two columns', { unique: ['id', 'age'] }],
  ['rows', { unique: 'rows' }],
  ['a number of rows', { count: 'rows', at_least: 4, at_most: 4 }],
  ['classes', { count: 'each_class', at_least: 1, share_at_least: 0.25, share_at_most: 0.75 }],
])('%s that hold are told as well', async (_what, rule) => {
  expect(await check({ 't.csv': people }, [rule])).toMatchObject([{ passed: true }]);
});

test('one rule about a column gives a verdict for each of its conditions, in words', async () => {
  const rule: Rule = { column: 'age', type: 'integer', at_least: 0, at_most: 120, missing_at_most: 0, on_fail: 'warn' };
  expect(
    (await check({ 't.csv': people }, [rule])).map(({ key, words, passed, onFail }) => [key, words, passed, onFail]),
  ).toEqual([
    ['type', 'age is integer', true, 'warn'],
    ['at_least', 'age is 0 to 120', false, 'warn'],
    ['missing_at_most', 'age is missing in at most 0 %', true, 'warn'],
  ]);
});

test('values of JSON lines are checked by their own types', async () => {
  const lines = '{"a":1,"b":true}\n{"a":"1","b":0}\n{"a":1.5,"b":null}\n';
  const verdicts = await check({ 't.jsonl': lines }, [
    { column: 'a', type: 'integer' },
    { column: 'a', type: 'text' },
    { column: 'b', type: 'boolean' },
  ]);
  expect(verdicts.map(({ count, examples }) => [count, examples[0]?.at])).toEqual([
    [1, 'row 3'],
    [2, 'row 1'],
    [1, 'row 2'],
  ]);
});

test('pictures that repeat, cannot be read or are too few in a class are found', async () => {
  const files = {
    'cat/a.png': greyPng(1),
    'cat/b.png': greyPng(2),
    'dog/c.png': greyPng(1),
    'dog/d.png': 'torn',
    'dog/e.png': greyPng(5),
  };
  const verdicts = await check(files, [
    { unique: 'files' },
    { readable: 'pictures' },
    { count: 'each_class', at_least: 3 },
  ]);
  expect(verdicts.map(({ passed, sentence }) => [passed, sentence])).toEqual([
    [false, '1 of 5 files repeats an earlier one, the first dog/c.png as cat/a.png.'],
    [false, '1 of 5 pictures breaks it, the first dog/d.png: it is neither PNG nor JPEG.'],
    [false, '1 of 2 classes breaks it; “cat” has 2 (40 %), “dog” has 3 (60 %).'],
  ]);
});

test('a condition about rows of data without any is broken, not passed over', async () => {
  const [found] = await check({ 'cat/a.png': greyPng(1), 'dog/b.png': greyPng(2) }, [{ column: 'age', at_least: 0 }]);
  expect(found).toMatchObject({ passed: false, sentence: expect.stringContaining('the data are neither') as string });
});

test('an empty table breaks what asks for columns and rows', async () => {
  const verdicts = await check({ 't.csv': '' }, [
    { columns: ['a'] },
    { count: 'rows', at_least: 1 },
    { unique: ['a'] },
  ]);
  expect(verdicts.map(({ passed }) => passed)).toEqual([false, false, false]);
});

test('repeated rows are those that a set in memory finds, over any number of temporary files', () => {
  const rows = fc.array(fc.tuple(fc.nat({ max: 6 }), fc.constantFrom('a', 'b', null)), { maxLength: 40 });
  fc.assert(
    fc.property(rows, fc.constantFrom(0, 1e9), (all, size) => {
      const folder = freshFolderOnce();
      const examiner = examineUnique({ columns: null, folder, name: 'u', size });
      examiner.begin(['x', 'y']);
      all.forEach((cells, at) => examiner.see(cells, at + 1));
      const distinct = new Set(all.map((cells) => JSON.stringify(cells)));
      expect(examiner.finish(all.length).count).toBe(all.length - distinct.size);
      expect(readdirSync(folder)).toEqual([]);
    }),
  );
});

let folder: string | undefined;
const freshFolderOnce = () => (folder ??= freshFolder());

test.each<[Record<string, unknown>, RegExp]>([
  [{}, /exactly one of columns, column, unique, count, readable/],
  [{ column: 'a', unique: 'rows' }, /exactly one of/],
  [{ column: 'a' }, /`column` needs at least one of type, at_least/],
  [{ count: 'rows' }, /`count` needs at least one of/],
  [{ unique: ['a'], at_least: 1 }, /does not go with `unique`/],
  [{ column: 'a', only: true, at_least: 0 }, /does not go with `column`/],
  [{ count: 'rows', share_at_most: 0.5 }, /shares are those of `count: each_class`/],
  [{ column: 'a', at_least: 5, at_most: 1 }, /must not be below `at_least`/],
  [{ column: 'a', matches: '(' }, /must be a regular expression/],
  [{ column: 'a', missing_at_most: 2 }, /<=1/],
])('the rule %j is refused', (rule, words) => {
  const checked = CheckRule.safeParse(rule);
  expect(checked.error?.issues.map(({ message }) => message).join('; ')).toMatch(words);
});
