import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { sweepDrafts } from '../../../../sidecar/versions/sweep.ts';
import { linesUntilKilled } from '../../../support/killed-process.ts';
import { PARTED_BYTES } from '../../../../sidecar/versions/working/parts.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { noise } from '../store/noise.ts';
import { dataSetOf } from './data-set.ts';

const program = fileURLToPath(new URL('snapshot-worker.ts', import.meta.url));

/** Starts a process that versions `root/data` again and again, and kills it; every line it prints is an acknowledged version. */
const killedAfter = async (root: string, ms: number, ...threads: readonly string[]): Promise<string[]> => {
  const lines = await linesUntilKilled([program, root, ...threads], ms);
  return lines.filter((line) => /^[0-9a-f]{64}$/.test(line));
};

test('a version that was acknowledged is whole after a kill at any moment, and the next one works', async () => {
  const root = freshFolder();
  mkdirSync(join(root, 'data'));
  for (let at = 0; at < 300; at++) writeFileSync(join(root, `data/${at}.bin`), `${at}`.repeat(500));
  const data = dataSetOf(root);
  for (let turn = 0; turn < 6; turn++) {
    const acknowledged = await killedAfter(root, turn * 17);
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const version of acknowledged.slice(-3)) expect(await data.verify(version as Hash)).toEqual([]);
    expect(await data.verify((await data.take()).version)).toEqual([]);
  }
});

test('so it is with a large file that threads read in parts', async () => {
  const root = freshFolder();
  const threadProgram = fileURLToPath(new URL('../../../../sidecar/versions/working/data-worker.ts', import.meta.url));
  const data = dataSetOf(root, { threadProgram });
  data.layOut({ 'large.bin': Buffer.alloc(2 * PARTED_BYTES, noise(2_000_000, 1)) });
  for (const ms of [150, 400, 800]) {
    const acknowledged = await killedAfter(root, ms, threadProgram);
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const version of acknowledged) expect(await data.verify(version as Hash)).toEqual([]);
    expect(await data.verify((await data.take()).version)).toEqual([]);
  }
});

test('drafts that a dead process left are removed once they are old, and nothing else is', () => {
  const folder = freshFolder();
  const names = [
    '.0f8fad5b-d9cb-469f-a165-70867728950e.tmp',
    '.7c9e6679-7425-40de-944b-e07fc1f90ae7.tmp',
    'a-b.pack',
    '.keep',
  ];
  for (const name of names) writeFileSync(join(folder, name), 'x');
  const old = new Date(Date.now() - 2 * 3_600_000);
  for (const name of [names[0]!, 'a-b.pack', '.keep']) utimesSync(join(folder, name), old, old);
  sweepDrafts(folder, Date.now());
  expect(readdirSync(folder).sort()).toEqual(names.slice(1).sort());
});
