import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Hash } from '../../sidecar/contract/ids.ts';
import { openBlobs } from '../../sidecar/versions/store/blobs.ts';
import { verifyPacks } from '../../sidecar/versions/store/verify.ts';
import { createContents } from '../../sidecar/versions/tree/contents.ts';
import { readFiles } from '../../sidecar/versions/tree/version.ts';
import { linesUntilKilled } from '../support/killed-process.ts';
import { filesOf } from './saved-files.ts';

const KILLS = 300;
const SIDES = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';
let program = '';

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-kill-')));
  // One file starts in a third of the time of forty; it lies where its native module is found.
  program = join(root, '.cache', `saving-worker-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, 'test/integration/saving-worker.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@napi-rs/blake-hash'],
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program, { force: true });
});

interface Acknowledged {
  readonly seed: number;
  readonly version: Hash;
}

/** Lets a process save versions, and kills it some milliseconds after its first acknowledgement. */
const killedAfter = async (store: string, seed: number, ms: number): Promise<Acknowledged[]> => {
  const lines = await linesUntilKilled([program, store, String(seed)], ms);
  return lines.flatMap((line) => {
    const [, at, version] = /^(\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
    return version === undefined ? [] : [{ seed: Number(at), version: version as Hash }];
  });
};

const expectWhole = (store: string, acknowledged: readonly Acknowledged[]): void => {
  const blobs = openBlobs(store);
  const contents = createContents(blobs);
  for (const { seed, version } of acknowledged) {
    const files = filesOf(seed);
    const rows = [...readFiles(blobs, version)];
    expect(rows.map(({ path }) => path)).toEqual([...files.keys()]);
    for (const row of rows) expect(contents.get(row).equals(files.get(row.path)!), `${seed}/${row.path}`).toBe(true);
  }
  blobs.close();
};

test(`${KILLS} kills of a process that saves versions lose nothing that it acknowledged`, async () => {
  const side = async (name: number): Promise<number> => {
    const store = join(folder, String(name));
    const all: Acknowledged[] = [];
    for (let kill = 0; kill < KILLS / SIDES; kill++) {
      // Over two savings, so that every moment of one is hit, in steps that do not fall together with them.
      const acknowledged = await killedAfter(store, name * 1_000_000 + kill * 1_000, (kill * 7.3) % 40);
      expect(acknowledged.length).toBeGreaterThan(0);
      expectWhole(store, acknowledged);
      all.push(...acknowledged);
    }
    const idle = { signal: new AbortController().signal, progress: () => undefined };
    expect((await verifyPacks(store, 'full', idle)).damage).toEqual([]);
    expectWhole(store, all);
    return all.length;
  };
  const saved = await Promise.all(Array.from({ length: SIDES }, (_, name) => side(name)));
  expect(Math.min(...saved)).toBeGreaterThanOrEqual(KILLS / SIDES);
}, 240_000);
