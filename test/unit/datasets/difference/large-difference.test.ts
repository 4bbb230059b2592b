import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder } from '../../../support/fresh-folder.ts';

const ROWS = 60_000;
/** Of which the program itself takes half. */
const HEAP_MEGABYTES = 40;
const MOST_RESIDENT = 200e6;

const writeTable = (path: string, toLine: (row: number) => string): void => {
  const file = openSync(path, 'w');
  writeSync(file, 'id,text,label\n');
  for (let row = 0; row < ROWS; row += 1000) {
    writeSync(file, Array.from({ length: 1000 }, (_, at) => toLine(row + at)).join(''));
  }
  closeSync(file);
};

test('two tables of 30 MB, half of whose rows differ and stand in another order, are compared with a heap of 40 MB', () => {
  const root = freshFolder();
  const text = 'lorem ipsum dolor sit amet '.repeat(18);
  writeTable(join(root, 'from.csv'), (row) => `${row},"${text}${row % 7}",${row % 3}\n`);
  writeTable(join(root, 'to.csv'), (at) => {
    const row = ROWS - 1 - at;
    return `${row},"${text}${row % 2 === 0 ? row % 7 : 'x'}",${row % 10 === 0 ? 'z' : row % 3}\n`;
  });
  expect(statSync(join(root, 'from.csv')).size).toBeGreaterThan(29e6);
  const program = join(import.meta.dirname, 'compare-table-worker.ts');
  const flags = [`--max-old-space-size=${HEAP_MEGABYTES}`, '--max-semi-space-size=2'];
  const child = spawnSync(process.execPath, [...flags, program, root], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const said = JSON.parse(child.stdout) as { rss: number };
  expect(said).toMatchObject({
    rows: { from: ROWS, to: ROWS, added: 0, removed: 0, changed: ROWS * 0.6, unchanged: ROWS * 0.4 },
    key: { how: 'found', columns: ['id'] },
    flipped: ROWS / 10,
  });
  expect(said.rss).toBeLessThan(MOST_RESIDENT);
  expect(readdirSync(join(root, 'scratch'))).toEqual([]);
}, 240_000);

const PICTURES = 50_000;
const PICTURES_HEAP_MEGABYTES = 48;
/** Beside the program, which strips types in these tests. */
const MOST_GROWN = 100e6;

test('50,000 pictures and as many new ones are compared with a heap of 48 MB', () => {
  const root = freshFolder();
  const program = join(import.meta.dirname, 'compare-pictures-worker.ts');
  const flags = [`--max-old-space-size=${PICTURES_HEAP_MEGABYTES}`, '--max-semi-space-size=2'];
  const child = spawnSync(process.execPath, [...flags, program, root, String(PICTURES)], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const said = JSON.parse(child.stdout) as { grown: number };
  expect(said).toMatchObject({ added: PICTURES, similar: PICTURES / 100, shown: 500 });
  expect(said.grown).toBeLessThan(MOST_GROWN);
}, 240_000);
