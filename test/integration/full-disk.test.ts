import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { endSidecars, halfImage, startSidecar, trainOnce, write, writeHalves } from '../support/workspace.ts';

let disk: SmallDisk;
beforeEach(() => {
  disk = createSmallDisk(16);
});
afterEach(async () => {
  await endSidecars();
  disk.remove();
});

/** Leaves so many bytes free. */
const fill = (spareBytes: number): void => {
  const { bavail, bsize } = statfsSync(disk.folder);
  writeFileSync(join(disk.folder, 'filling'), Buffer.alloc(Math.max(0, bavail * bsize - spareBytes)));
};
const makeRoom = (): void => rmSync(join(disk.folder, 'filling'));

const integrity = (): unknown => {
  const database = new Sqlite(join(disk.folder, '.trainyard/trainyard.db'), { readonly: true });
  try {
    return database.pragma('integrity_check', { simple: true });
  } finally {
    database.close();
  }
};

test.each([0, 8, 64, 256].map((kilobytes) => kilobytes * 1024))(
  'with %i bytes free a training ends as “disk full”, harms nothing, and goes through once there is room',
  async (spareBytes) => {
    writeHalves(disk.folder, 20);
    const connection = await startSidecar(disk.folder);
    const first = await trainOnce(connection);
    const models = await connection.client.listModels({});
    fill(spareBytes);
    const fault = await trainOnce(connection, { overrides: { 'optimizer.lr': '0.03' }, fresh: true }).then(
      (run) => run.fault,
      (error: unknown) => error,
    );
    if (fault !== null)
      expect(fault).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('Make room') as string });
    if (spareBytes < 16_384) expect(fault).not.toBeNull();
    expect((await connection.client.hello({})).pid).toBe(connection.greeting.pid);
    makeRoom();
    const next = await trainOnce(connection, { fresh: true });
    expect(next.fault).toBeNull();
    expect(next.status).toBe('done');
    const runs = await connection.client.listRuns({});
    expect(runs.filter((run) => run.status === 'running' || run.status === 'queued')).toEqual([]);
    expect(await connection.client.getRun({ run: first.id })).toEqual(first);
    expect(await connection.client.listModels({})).toEqual(expect.arrayContaining(models));
    expect(integrity()).toBe('ok');
  },
);

test('a sidecar that finds no room to start says so, and starts once there is', async () => {
  writeHalves(disk.folder, 20);
  fill(0);
  await expect(startSidecar(disk.folder)).rejects.toMatchObject({
    code: 'disk-full',
    message: `The disk that holds ${disk.folder} is full.`,
  });
  makeRoom();
  expect((await trainOnce(await startSidecar(disk.folder))).status).toBe('done');
});

test('a sidecar killed on a full disk leaves a store that opens again with a little room, and is never called damaged', async () => {
  writeHalves(disk.folder, 20);
  const first = await startSidecar(disk.folder);
  const run = await trainOnce(first);
  fill(0);
  process.kill(first.greeting.pid, 'SIGKILL');
  await expect(startSidecar(disk.folder)).rejects.toMatchObject({ code: 'disk-full' });
  disk.resize(17);
  const second = await startSidecar(disk.folder);
  expect((await second.client.getRun({ run: run.id })).status).toBe('done');
});

test('an endpoint answers on while the disk is full, and its sidecar lives', async () => {
  writeHalves(disk.folder, 20, 'monitor: {window_rows: 20}\n');
  const connection = await startSidecar(disk.folder);
  await trainOnce(connection);
  const { url, token } = await connection.client.openEndpoint({ model: 'halves' });
  fill(0);
  const call = () =>
    fetch(`${url ?? ''}/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'image/png' },
      body: halfImage('left', 7) as Uint8Array<ArrayBuffer>,
    });
  // Longer than the second after which live rows are written, and more rows than a window has.
  for (let round = 0; round < 50; round += 1) {
    expect((await call()).status).toBe(200);
    await sleep(50);
  }
  expect((await connection.client.hello({})).pid).toBe(connection.greeting.pid);
  await expect(connection.client.promoteModel({ model: 'halves', version: 1, alias: 'other' })).rejects.toMatchObject({
    code: 'disk-full',
  });
  makeRoom();
  await expect
    .poll(async () => (await connection.client.getDrift({ endpoint: 'halves' })).rows, { timeout: 20_000 })
    .toBe(50);
});

test('data that does not fit is refused whole, and the version before it stays whole', async () => {
  writeHalves(disk.folder, 20);
  const connection = await startSidecar(disk.folder);
  await connection.client.versionDataset({ path: 'data/raw/halves' });
  write(disk.folder, 'data/raw/halves/left/large.bin', randomBytes(3e6));
  fill(1e6);
  await expect(connection.client.versionDataset({ path: 'data/raw/halves' })).rejects.toMatchObject({
    code: 'disk-full',
  });
  expect(await connection.client.listDatasets({})).toHaveLength(1);
  const drafts = readdirSync(join(disk.folder, '.trainyard/data'), { recursive: true }).map(String);
  expect(drafts.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await connection.client.verifyDataset({ dataset: 'halves', version: 1 })).toEqual({ files: 40, damaged: [] });
  makeRoom();
  expect((await connection.client.versionDataset({ path: 'data/raw/halves' })).version).toBe(2);
  expect(await connection.client.verifyDataset({ dataset: 'halves', version: 2 })).toEqual({ files: 41, damaged: [] });
});
