import { expect, test } from 'vitest';
import type { DataDifference } from '../../../../sidecar/contract/data-difference.ts';
import { Hash } from '../../../../sidecar/contract/ids.ts';
import { toMarkdown } from '../../../../sidecar/datasets/difference/markdown.ts';
import { summarize } from '../../../../sidecar/datasets/difference/summary.ts';
import { difference, tableFrom } from './tables.ts';

const side = { side: { kind: 'disk' as const }, version: 1, kind: 'csv' as const, createdAt: null, author: null };

const describe = async (from: string, to: string, data = 't.csv'): Promise<string> => {
  const found: Omit<DataDifference, 'summary'> = {
    id: Hash.parse('a'.repeat(64)),
    data,
    path: `data/${data}`,
    from: { ...side, label: 'v1', files: 1, bytes: from.length },
    to: { ...side, label: 'v2', files: 1, bytes: to.length },
    equal: from === to,
    files: {
      ...{
        added: 0,
        removed: 0,
        changed: 1,
        renamed: 0,
        unchanged: 0,
        addedBytes: to.length,
        removedBytes: from.length,
      },
      folders: [],
      foldersChanged: 1,
      examples: [{ change: 'changed', path: data, before: null, fromBytes: from.length, toBytes: to.length }],
    },
    tables: from === to ? [] : [await difference(tableFrom('csv', from), tableFrom('csv', to))],
    pictures: null,
    notes: [],
  };
  return toMarkdown({ ...found, summary: summarize(found) });
};

test('a difference as Markdown says what changed, by which key, and shows some rows', async () => {
  const text = await describe('id,age,label\n1,30,yes\n2,41,no\n', 'id,age,label,city\n1,31,yes,Rome\n2,41,yes,Oslo\n');
  expect(text).toMatch(
    /^## Data: t\.csv v1 → v2\n\n1 file changed; 2 rows changed; 1 column added; 1 label flipped\.\n/,
  );
  expect(text).toContain('| 2 | 2 | 0 | 0 | 2 | 0 |');
  expect(text).toContain('Rows are known by `id`.');
  expect(text).toContain('Schema: + `city` (text).');
  expect(text).toContain('**1 of 2 labels flipped (`label`).**');
  expect(text).toContain('| no | yes | 1 | `2` |');
  expect(text).toContain('- 2 rows are too few to tell whether “age” has shifted;');
  expect(text).toContain(
    '<details><summary>2 changed rows</summary>\n\n- `1`: age `30` → `31`\n- `2`: label `no` → `yes`',
  );
});

test('columns whose spread has shifted are named in the summary, the first three of many', async () => {
  const one = await difference(tableFrom('csv', 'id,age\n1,30\n2,41\n'), tableFrom('csv', 'id,age\n1,31\n2,41\n'));
  const [shift] = one.shifts;
  const files = { added: 0, removed: 0, changed: 1, renamed: 0, unchanged: 0, addedBytes: 1, removedBytes: 1 };
  const shifted = (...columns: string[]) => {
    const shifts = columns.map((column) => ({ ...shift!, column, verdict: 'drifting' as const }));
    const listed = { ...files, folders: [], foldersChanged: 0, examples: [] };
    return summarize({ equal: false, files: listed, tables: [{ ...one, shifts }], pictures: null });
  };
  expect(shifted('a')).toMatch(/; the spread of a has shifted\.$/);
  expect(shifted('a', 'b')).toContain('the spread of a and b has shifted');
  expect(shifted('a', 'b', 'c')).toContain('the spread of a, b and c has shifted');
  expect(shifted('a', 'b', 'c', 'd', 'e')).toContain('the spread of a, b, c and 2 more has shifted');
});

test('nothing of the data becomes markup', async () => {
  const nasty = '"<img src=x> | `tick` ``two`` **bold** [l](u)\n# head"';
  const text = await describe(
    `id,a|b,label\n1,${nasty},<b>yes\n2,x,no\n`,
    `id,a|b,label\n1,y,no\n2,${nasty},<b>yes\n`,
    'a <i>|.csv',
  );
  const outside = text.replaceAll(/(`+)(?!`)[^]*?[^`]\1(?!`)/g, 'CODE');
  expect(outside).not.toMatch(/<(?!\/?details|\/?summary)|\*\*bold|\[l\]|^# head/m);
  for (const line of text.split('\n').filter((one) => one.startsWith('| '))) {
    const cells = line.replaceAll('\\|', '').split('|').length;
    expect([5, 6, 8]).toContain(cells);
  }
});

test('two equal states have nothing to show', async () => {
  expect(await describe('id\n1\n', 'id\n1\n')).toBe('## Data: t.csv v1 → v2\n\nNothing differs.\n');
});
