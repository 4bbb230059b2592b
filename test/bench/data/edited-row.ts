import { closeSync, mkdtempSync, openSync, readSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import { openBlobs } from '../../../sidecar/versions/store/blobs.ts';
import { writeContent } from '../../../sidecar/versions/tree/contents.ts';
import { writeVersion } from '../../../sidecar/versions/tree/version.ts';

/**
 * What a version costs in which one digit of one row of a large table differs: bytes on disk of chunks, lists, tree and
 * indexes together. `node test/bench/data/edited-row.ts [MiB, 512 when left out]`
 */
const MIB = 1 << 20;
const size = Number(process.argv[2] ?? 512) * MIB;
const folder = mkdtempSync(join(tmpdir(), 'trainyard-edited-row-'));

/** A row like those of data-versioning.md: id, user, category, price, latitude, longitude, flag. All are unique. */
const rowOf = (id: number): string => {
  const roll = (of: number, salt: number) => (Math.imul(id + salt, 0x9e3779b1) >>> 8) % of;
  const price = (roll(100_000, 1) / 100).toFixed(2);
  const place = `${(52 + roll(10_000, 2) / 1e4).toFixed(4)},${(13 + roll(10_000, 3) / 1e4).toFixed(4)}`;
  return `${id},user${roll(900_000, 4)},c${roll(40, 5)},${price},${place},${roll(2, 6)}\n`;
};

const writeTable = (path: string): void => {
  const file = openSync(path, 'w');
  let rows = 0;
  for (let written = 0; written < size;) {
    const text = Array.from({ length: 1_000 }, () => rowOf(rows++)).join('');
    written += writeSync(file, text.slice(0, size - written));
  }
  closeSync(file);
};

const changeDigit = (path: string, at: number): void => {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  let found = at;
  do readSync(file, byte, 0, 1, found++);
  while (!/\d/.test(byte.toString()));
  writeSync(file, byte.toString() === '7' ? '8' : '7', found - 1);
  closeSync(file);
};

const pieces = function* (path: string): Generator<Uint8Array, void> {
  const file = openSync(path, 'r');
  const piece = Buffer.alloc(MIB);
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) yield piece.subarray(0, read);
  closeSync(file);
};

const save = (store: string, path: string): Hash => {
  const draft = openBlobs(store).openDraft();
  const content = writeContent(draft, pieces(path));
  const version = writeVersion(draft, 'file', [{ path: 'table.csv', ...content, executable: false, md5: null }]);
  draft.commit();
  return version;
};

const bytesIn = (store: string): number =>
  readdirSync(store, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const stat = statSync(join(store, name));
    return stat.isFile() ? sum + stat.size : sum;
  }, 0);

const timed = <Value>(work: () => Value): { readonly value: Value; readonly cpuSeconds: number } => {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, cpuSeconds: (user + system) / 1e6 };
};

try {
  const [store, table] = [join(folder, 'data'), join(folder, 'table.csv')];
  writeTable(table);
  const first = timed(() => save(store, table));
  const whole = bytesIn(store);
  changeDigit(table, Math.floor(size / 3));
  const second = timed(() => save(store, table));
  if (first.value === second.value) throw new Error('The edit changed nothing.');
  const added = bytesIn(store) - whole;
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${size / MIB} MiB of CSV: ${(whole / MIB).toFixed(1)} MiB stored, ${first.cpuSeconds.toFixed(2)} CPU-s`);
  console.log(`one digit changed: ${added.toLocaleString('en')} bytes added, ${second.cpuSeconds.toFixed(2)} CPU-s`);
  console.log(`memory: ${peak} MiB at most`);
} finally {
  rmSync(folder, { recursive: true });
}
