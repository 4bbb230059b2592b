import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editRow, makeTable } from './make-data.ts';
import { saveTable } from './save-table.ts';

/**
 * What a version costs in which one digit of one row of a large table differs: bytes on disk of chunks, lists, tree and
 * indexes together. `node test/bench/data/edited-row.ts [MiB, 512 when left out]`
 */
const MIB = 1 << 20;
const megabytes = Number(process.argv[2] ?? 512);
const folder = mkdtempSync(join(tmpdir(), 'trainyard-edited-row-'));

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
  const [store, table, edited] = [join(folder, 'data'), join(folder, 'table.csv'), join(folder, 'edited.csv')];
  makeTable(table, megabytes * MIB);
  const first = timed(() => saveTable(store, table));
  const whole = bytesIn(store);
  editRow(table, edited);
  const second = timed(() => saveTable(store, edited));
  if (first.value === second.value) throw new Error('The edit changed nothing.');
  const added = bytesIn(store) - whole;
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${megabytes} MiB of CSV: ${(whole / MIB).toFixed(1)} MiB stored, ${first.cpuSeconds.toFixed(2)} CPU-s`);
  console.log(`one digit changed: ${added.toLocaleString('en')} bytes added, ${second.cpuSeconds.toFixed(2)} CPU-s`);
  console.log(`memory: ${peak} MiB at most`);
} finally {
  rmSync(folder, { recursive: true });
}
