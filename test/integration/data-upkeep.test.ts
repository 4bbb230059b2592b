import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { DataCollection, KeptCollection, StoreCheck } from '../../sidecar/contract/data-upkeep.ts';
import { trainyard } from '../support/shell.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar } from '../support/workspace.ts';
import { noise } from '../unit/versions/store/noise.ts';

let root: string;
beforeEach(async () => {
  root = freshWorkspace();
  mkdirSync(join(root, 'pictures'));
  await startSidecar(root);
});

const here = (...words: string[]) => trainyard(...words, '-C', root);
const answered = async (...words: string[]): Promise<unknown> => JSON.parse((await here(...words, '--json')).stdout);

/** Puts these pictures on disk, and none else, and versions them. */
const version = async (...seeds: number[]): Promise<void> => {
  rmSync(join(root, 'pictures'), { recursive: true });
  mkdirSync(join(root, 'pictures'));
  for (const seed of seeds) writeFileSync(join(root, `pictures/${seed}.bin`), noise(20_000, seed));
  expect(await here('version', 'pictures')).toMatchObject({ code: 0 });
};

const storedBytes = (): number => {
  const packs = join(root, '.trainyard/data/packs');
  return readdirSync(packs).reduce((sum, name) => sum + readFileSync(join(packs, name)).length, 0);
};

test('what only a forgotten version needs is collected by the command line; the other version is whole', async () => {
  await version(1, 2, 3);
  await version(3, 4);
  const before = storedBytes();
  const wrong = await here('data', 'forget', 'pictures');
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toContain('Write it as images@v3.');

  expect((await here('data', 'forget', 'pictures@v1')).stdout).toContain(
    '`trainyard data gc` removes what only it needed',
  );
  const young = DataCollection.parse(await answered('data', 'gc'));
  expect(young).toMatchObject({ retiredBytes: 0, freedBytes: 0 });
  const dry = await here('data', 'gc', '--dry-run', '--grace', '0');
  expect(dry.stdout).toContain('less than 60 % of it is needed');
  expect(dry.stdout).toContain('Nothing was changed.');
  expect(storedBytes()).toBe(before);

  const collected = DataCollection.parse(await answered('data', 'gc', '--grace', '0'));
  expect(collected.freedBytes).toBeGreaterThan(40_000);
  expect(storedBytes()).toBeLessThan(before - 39_000);
  rmSync(join(root, 'pictures'), { recursive: true });
  expect(await here('checkout', 'pictures', 'v2')).toMatchObject({ code: 0 });
  expect(readFileSync(join(root, 'pictures/4.bin')).equals(noise(20_000, 4))).toBe(true);
  expect(await here('checkout', 'pictures', 'v1')).toMatchObject({ code: 1 });
}, 240_000);

test('damage is found, named by its file, and repaired from the disk', async () => {
  await version(1, 2);
  expect((await here('data', 'verify')).stdout).toContain('Everything is whole.');
  const packs = join(root, '.trainyard/data/packs');
  const largest = readdirSync(packs)
    .map((name) => join(packs, name))
    .sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0]!;
  const bytes = readFileSync(largest);
  bytes[10_000]! ^= 1;
  writeFileSync(largest, bytes);
  expect(await here('data', 'verify', '--quick')).toMatchObject({ code: 0 });
  const found = await here('data', 'verify');
  expect(found.code).toBe(1);
  expect(found.stdout).toContain('its bytes are not those it is named by');
  expect(found.stdout).toMatch(/pictures@v1: [12]\.bin cannot be read/);
  const repaired = await here('data', 'verify', '--repair', '--json');
  expect(repaired.code).toBe(0);
  expect(StoreCheck.parse(JSON.parse(repaired.stdout)).repaired).toMatchObject({ blobs: 1, packs: 1, lost: 0 });
  expect(await here('data', 'verify', '--sample', '50%')).toMatchObject({ code: 0 });
}, 240_000);

test('what restores replaced is told by a collection, listed by a dry run, and removed on purpose', async () => {
  await version(1);
  expect((await here('data', 'gc', '--kept')).stdout).toContain('No restore has kept anything');
  writeFileSync(join(root, 'pictures/1.bin'), noise(30_000, 9));
  expect(await here('checkout', 'pictures', 'v1', '--force')).toMatchObject({ code: 0 });
  const kept = join(root, '.trainyard/kept');
  expect((await here('data', 'gc')).stdout).toContain('30 kB that 1 restore replaced stay in .trainyard/kept.');
  const wrong = await here('data', 'gc', '--kept', '--remote');
  expect(wrong).toMatchObject({ code: 2 });
  const dry = await here('data', 'gc', '--kept', '--dry-run');
  expect(dry.stdout).toMatch(/s ago +1\.bin +1 +30 kB +goes[^]*30 kB would go\. Nothing was changed\./);
  const young = KeptCollection.parse(await answered('data', 'gc', '--kept', '7'));
  expect(young).toMatchObject({ freedBytes: 0, restores: [{ fate: 'young', bytes: 30_000 }] });
  expect(readdirSync(kept)).toHaveLength(1);
  expect((await here('data', 'gc', '--kept')).stdout).toContain('30 kB that 1 restore had replaced left the disk.');
  expect(readdirSync(kept)).toEqual([]);
}, 120_000);
