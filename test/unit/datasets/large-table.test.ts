import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder } from '../../support/fresh-folder.ts';

const MEGABYTES = 60;
/** Of which the program itself takes half. */
const HEAP_MEGABYTES = 48;

/** Rows of about 2 kB, so that most of the time goes into reading. */
const writeTable = (path: string, toLine: (row: number, text: string) => string): number => {
  const file = openSync(path, 'w');
  const text = 'lorem ipsum dolor sit amet '.repeat(75);
  let rows = 0;
  for (let bytes = 0; bytes < MEGABYTES * 1e6;) {
    const lines = Array.from({ length: 500 }, () => toLine(rows++, text)).join('');
    bytes += writeSync(file, lines);
  }
  closeSync(file);
  return rows;
};

/** Versions and encodes a table in a process of its own, whose heap is far smaller than the table. */
const encode = (root: string, path: string) => {
  const program = join(import.meta.dirname, 'encode-table-worker.ts');
  const child = spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MEGABYTES}`, program, root, path], {
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout) as { rows: { train: number; validation: number; test: number }; columns: string[] };
};

test.each<[string, string, (row: number, text: string) => string]>([
  ['CSV', 't.csv', (row, text) => (row === 0 ? 'x,text,y\n' : `${row % 977},"${text}${row}",${row % 2}\n`)],
  ['JSON lines', 't.jsonl', (row, text) => `{"x":${row % 977},"text":"${text}${row}","y":${row % 2}}\n`],
])('a table of 60 MB of %s is encoded with a heap of 48 MB', (_what, name, toLine) => {
  const root = freshFolder();
  const written = writeTable(join(root, name), toLine);
  expect(statSync(join(root, name)).size).toBeGreaterThan(MEGABYTES * 1e6);
  const { rows, columns } = encode(root, name);
  expect(rows.train + rows.validation + rows.test).toBe(name === 't.csv' ? written - 1 : written);
  expect(columns).toEqual(['x scaled', 'text hash']);
});
