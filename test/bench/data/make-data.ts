import { closeSync, copyFileSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../../sidecar/graph/random.ts';

const FOLDER_FILES = 1_000;

/** Spread of the logarithm of a size. */
const SPREAD = 0.95;

/**
 * Small files as pictures have them: class folders, sizes spread like a log-normal, incompressible. The same bytes for
 * the same numbers; 100,000 of 10,000 bytes on average are about 1 GB.
 */
export const makeSmallFiles = (folder: string, files: number, meanBytes: number): void => {
  const random = createRandom(20261126);
  const words = new Uint32Array(100_000);
  const middle = Math.log(meanBytes) - SPREAD ** 2 / 2;
  for (let at = 0; at < files; at++) {
    const place = join(folder, `class_${pad(Math.floor(at / FOLDER_FILES), 3)}`);
    if (at % FOLDER_FILES === 0) mkdirSync(place, { recursive: true });
    const size = Math.round(Math.min(400_000, Math.max(1, Math.exp(middle + SPREAD * random.normal()))));
    for (let word = 0; word * 4 < size; word++) words[word] = random.below(2 ** 32);
    writeFileSync(join(place, `img_${pad(at, 6)}.jpg`), new Uint8Array(words.buffer, 0, size));
  }
};

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** A table of rows that are all different, of at least so many bytes. */
export const makeTable = (path: string, bytes: number): void => {
  const random = createRandom(7);
  const file = openSync(path, 'w');
  let written = writeSync(file, 'id,user,cat,price,lat,lon,flag\n');
  for (let id = 0; written < bytes;) {
    let rows = '';
    for (const end = id + 20_000; id < end; id++) rows += rowOf(id, random);
    written += writeSync(file, rows);
  }
  closeSync(file);
};

const rowOf = (id: number, { below, uniform }: Random): string =>
  `${id},u${below(1_000_000)},${'ABCDEFGH'[below(8)] ?? ''},${(uniform() * 1_000).toFixed(2)},${(uniform() * 180 - 90).toFixed(5)},${(uniform() * 360 - 180).toFixed(5)},${below(2)}\n`;

/** A copy with small edits: 100 B inserted at a third, 57 B deleted at a half, 5 B overwritten at 20 spots, 10 KB appended. */
export const editTable = (from: string, to: string): void => {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  const { size } = fstatSync(file);
  const third = Math.floor(size / 3);
  const half = Math.floor(size / 2);
  const source = openSync(from, 'r');
  let at = third + writeSync(file, 'x'.repeat(100), third);
  at = copyRange(source, file, { from: third, to: half, at });
  at = copyRange(source, file, { from: half + 57, to: size, at });
  writeSync(file, 'y'.repeat(10_240), at);
  for (let spot = 1; spot <= 20; spot++) writeSync(file, '#####', Math.floor((size * spot) / 21));
  closeSync(source);
  closeSync(file);
};

const copyRange = (
  source: number,
  target: number,
  range: { readonly from: number; readonly to: number; readonly at: number },
): number => {
  const piece = Buffer.alloc(1 << 22);
  let { from, at } = range;
  while (from < range.to) {
    const read = readSync(source, piece, 0, Math.min(piece.length, range.to - from), from);
    writeSync(target, piece, 0, read, at);
    from += read;
    at += read;
  }
  return at;
};

/** A copy in which one digit of one row in the middle is another. */
export const editRow = (from: string, to: string): void => {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  changePrice(file, Math.floor(fstatSync(file).size / 2));
  closeSync(file);
};

/** A copy in which one digit is another in each of 20 rows, with 200 rows behind the end. */
export const editRows = (from: string, to: string): void => {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  const { size } = fstatSync(file);
  for (let spot = 1; spot <= 20; spot++) changePrice(file, Math.floor((size * spot) / 21));
  const rows = Array.from({ length: 200 }, (_, row) => `${1e9 + row},u7,A,1.00,2.00000,3.00000,1\n`);
  writeSync(file, rows.join(''), size);
  closeSync(file);
};

/** Puts another digit behind the point of the first price in a row that begins behind a place. */
const changePrice = (file: number, place: number): void => {
  const piece = Buffer.alloc(200);
  readSync(file, piece, 0, piece.length, place);
  const text = piece.toString('latin1');
  const digit = text.indexOf('.', text.indexOf('\n')) + 1;
  writeSync(file, text[digit] === '7' ? '8' : '7', place + digit);
};
