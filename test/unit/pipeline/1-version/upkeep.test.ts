import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Hash, RunId } from '../../../../sidecar/contract/ids.ts';
import type { ModelEntry } from '../../../../sidecar/contract/model.ts';
import { collectJob } from '../../../../sidecar/pipeline/1-version/collect-job.ts';
import { collectKeptJob } from '../../../../sidecar/pipeline/1-version/collect-kept-job.ts';
import { collectRemoteJob } from '../../../../sidecar/pipeline/1-version/collect-remote-job.ts';
import { forgetRemoteJob } from '../../../../sidecar/pipeline/1-version/forget-remote-job.ts';
import { pushJob } from '../../../../sidecar/pipeline/1-version/push-job.ts';
import { createUpkeepDesk } from '../../../../sidecar/pipeline/1-version/upkeep-desk.ts';
import { verifyStoreJob } from '../../../../sidecar/pipeline/1-version/verify-store-job.ts';
import { openDatabase } from '../../../../sidecar/store/database.ts';
import { createDatasetStore } from '../../../../sidecar/store/datasets.ts';
import { openBlobs } from '../../../../sidecar/versions/store/blobs.ts';
import { readFiles } from '../../../../sidecar/versions/tree/version.ts';
import { linesOfHistory } from '../../../../sidecar/workspace/git.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { noise } from '../../versions/store/noise.ts';
import { saveVersion } from '../../versions/store/random-version.ts';

/** A workspace with a repository, a catalog and a store, and the desk over them. */
const workspace = ({ clock = Date.now } = {}) => {
  const root = freshFolder();
  const dataFolder = join(root, '.trainyard/data');
  mkdirSync(join(root, '.trainyard'));
  const database = openDatabase(join(root, '.trainyard/trainyard.db'));
  const catalog = createDatasetStore(database);
  const runs: { readonly id: RunId; readonly data: Hash }[] = [];
  const models: Pick<ModelEntry, 'name' | 'version' | 'dataset'>[] = [];
  const { context, lines } = recordedContext();
  const desk = createUpkeepDesk({
    root,
    dataFolder,
    kept: join(root, '.trainyard/kept'),
    environment: {},
    catalog,
    runsOf: (version) => runs.filter(({ data }) => data === version).map(({ id }) => id),
    models: () => models as ModelEntry[],
    linesOfHistory,
    collect: collectJob,
    collectKept: collectKeptJob,
    verify: verifyStoreJob,
    collectRemote: collectRemoteJob,
    forgetRemote: forgetRemoteJob,
    context,
    clock,
  });
  const git = (...command: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...command], {
      cwd: root,
      stdio: 'pipe',
    });
  git('init', '--initial-branch=main');
  writeFileSync(join(root, '.gitignore'), '/.trainyard\n/data\n');

  /** Saves files below `data`, lists them in the catalog, and lets a pointer name them. */
  const save = (...seeds: number[]): Hash => {
    const files = new Map(seeds.map((seed) => [`${seed}.bin`, noise(4_000, seed)]));
    rmSync(join(root, 'data'), { recursive: true, force: true });
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(root, 'data', path)), { recursive: true });
      writeFileSync(join(root, 'data', path), bytes);
    }
    const hash = saveVersion(dataFolder, files);
    const bytes = 4_000 * seeds.length;
    const code = { commit: null, branch: null, dirty: false, patch: null };
    const place = { kind: 'files' as const, path: 'data', pointer: 'data.dvc' };
    catalog.add({ hash, ...place, files: files.size, bytes, createdAt: 1, author: 'Ada', code });
    const md5 = `${hash.slice(0, 32)}.dir`;
    const meta = `  meta:\n    trainyard:\n      v: 1\n      for: ${md5}\n      tree: b3:${hash}\n`;
    writeFileSync(join(root, 'data.dvc'), `outs:\n- md5: ${md5}\n  hash: md5\n  path: data\n${meta}`);
    return hash;
  };
  /** Makes everything that is stored two days older. */
  const age = () => {
    for (const place of ['packs', 'recent', 'trash'].map((name) => join(dataFolder, name)).filter(existsSync)) {
      for (const name of readdirSync(place)) {
        const then = new Date(statSync(join(place, name)).mtimeMs - 48 * 3_600_000);
        utimesSync(join(place, name), then, then);
      }
    }
  };
  const isWhole = (version: Hash): boolean => {
    const blobs = openBlobs(dataFolder);
    return blobs.has(version) && [...readFiles(blobs, version)].every(({ content }) => blobs.has(content));
  };
  return { root, dataFolder, catalog, runs, models, desk, git, save, age, isWhole, lines };
};

const ask = { dryRun: false, graceHours: 24 };
const forgetting = { dataset: 'data', dryRun: false };

test('versions stay while the catalog lists them, a pointer on disk names them or Git remembers one that did', async () => {
  const { save, desk, git, age, isWhole } = workspace();
  const committed = save(1, 2);
  git('add', '--all');
  git('commit', '--message=x');
  const listed = save(11, 12);
  const unnamed = save(21, 22);
  const onDisk = save(31, 32);
  for (const version of [1, 3, 4]) await desk.forget({ ...forgetting, version });
  age();
  const dry = await desk.collect({ ...ask, dryRun: true });
  expect(dry).toMatchObject({ dryRun: true, versions: 3, elsewhere: [], freedBytes: 0, undone: false });
  expect(dry.groups.find(({ fate }) => fate === 'dead')).toMatchObject({ packs: 2, neededBytes: 0 });
  const collected = await desk.collect(ask);
  expect(collected.retiredBytes).toBeGreaterThan(8_000);
  expect([committed, listed, onDisk].map(isWhole)).toEqual([true, true, true]);
  expect(isWhole(unnamed)).toBe(false);
});

test('a forgotten version is listed no more, and its number is not given again', async () => {
  const { save, desk, catalog, git } = workspace();
  const first = save(1);
  git('add', '--all');
  git('commit', '--message=x');
  save(2);
  const answer = { dataset: 'data', version: 1, stillNamed: true };
  expect(await desk.forget({ ...forgetting, version: 1, dryRun: true })).toEqual(answer);
  expect(catalog.list().map(({ version }) => version)).toEqual([2, 1]);
  expect(await desk.forget({ ...forgetting, version: 1 })).toEqual(answer);
  expect(await desk.forget({ ...forgetting, version: 2 })).toMatchObject({ stillNamed: true });
  expect(catalog.list()).toEqual([]);
  expect(() => catalog.find('data', 1)).toThrow('has no version v1');
  expect(catalog.findByHash(first)).toBeNull();
  save(3);
  expect(catalog.list().map(({ version }) => version)).toEqual([3]);
  save(1);
  expect(catalog.list().map(({ version, hash }) => [version, hash])).toEqual([
    [3, catalog.find('data', 3).hash],
    [1, first],
  ]);
});

test('a version that a run or a model was made of is not forgotten', async () => {
  const { save, desk, runs, models, catalog } = workspace();
  const hash = save(1);
  runs.push({ id: 'r7' as RunId, data: catalog.find('data', 1).hash });
  models.push({ name: 'digits', version: 2, dataset: { name: 'data', version: 1, hash } });
  for (const dryRun of [true, false])
    await expect(desk.forget({ dataset: 'data', version: 1, dryRun })).rejects.toThrow(
      'data@v1 is what run r7, model digits v2 came from.',
    );
  expect(catalog.list().length).toBe(1);
});

test('what restores kept goes after 30 days with the rest, while no editor may still undo it; all of it when that is asked for', async () => {
  const now = Date.parse('2026-11-26T09:00:00Z');
  const later = { ms: 0 };
  const { root, desk, save } = workspace({ clock: () => now + later.ms });
  save(1);
  const keep = (name: string) => {
    mkdirSync(join(root, '.trainyard/kept', name), { recursive: true });
    writeFileSync(join(root, '.trainyard/kept', name, 'a'), '12345');
  };
  const left = () => readdirSync(join(root, '.trainyard/kept'));
  const [old, recent, since] = ['2026-10-26T08-00-00-000Z', '2026-10-28T08-00-00-000Z', '2026-11-26T09-00-00-001Z'];
  for (const name of [old, recent, since]) keep(name);
  expect((await desk.collect({ ...ask, dryRun: true })).kept).toMatchObject({
    freedBytes: 0,
    restores: [{ folder: old, fate: 'due', path: null, files: 1, bytes: 5 }, { fate: 'young' }, { fate: 'young' }],
  });
  expect(left()).toHaveLength(3);
  expect((await desk.collect(ask)).kept.freedBytes).toBe(5);
  expect(left()).toEqual([recent, since]);
  later.ms = 40 * 24 * 3_600_000;
  const { restores } = (await desk.collect(ask)).kept;
  expect(restores.map(({ fate }) => fate)).toEqual(['due', 'undoable']);
  expect(left()).toEqual([since]);
  await desk.collectKept({ dryRun: false, days: null });
  expect(left()).toEqual([]);
});

test('damage is named by its files, and comes right from the files on disk', async () => {
  const { save, desk, dataFolder, isWhole } = workspace();
  const version = save(1, 2, 3);
  for (const name of readdirSync(join(dataFolder, 'packs'))) {
    const path = join(dataFolder, 'packs', name);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 0xff;
    writeFileSync(path, bytes);
  }
  const found = await desk.verify({ depth: 'full', repair: false });
  expect(new Set(found.damage.map(({ part }) => part))).toEqual(new Set(['pack', 'index']));
  expect(found.files).toEqual([{ version: 'data@v1', path: null, files: null }]);
  const repaired = await desk.verify({ depth: 'full', repair: true });
  expect(repaired.repaired).toMatchObject({ indexes: 2, lost: 0 });
  expect(repaired.files).toEqual([]);
  expect(await desk.verify({ depth: 'full', repair: false })).toMatchObject({ damage: [], files: [], repaired: null });
  expect(isWhole(version)).toBe(true);
});

test('what the files on disk do not give back is told with the file that lost it', async () => {
  const { root, save, desk, dataFolder, lines } = workspace();
  save(1, 2, 3);
  const blobs = openBlobs(dataFolder);
  const version = saveVersion(dataFolder, new Map([['2.bin', noise(4_000, 2)]]));
  const [file] = readFiles(blobs, version);
  const place = blobs.locate(file!.content)!;
  const path = join(dataFolder, 'packs', `${place.pack}.pack`);
  const bytes = readFileSync(path);
  bytes[place.offset + 7]! ^= 0xff;
  writeFileSync(path, bytes);
  rmSync(join(root, 'data'), { recursive: true });
  const { files, repaired } = await desk.verify({ depth: 'full', repair: true });
  expect(files).toEqual([{ version: 'data@v1', path: '2.bin', files: 1 }]);
  expect(repaired).toMatchObject({ blobs: 0, lost: 1 });
  expect(lines.join('\n')).toContain('data is no help: The data of data.dvc is not here.');
});

test('what the disk does not give back comes from the remote', async () => {
  const { root, save, desk, dataFolder, catalog, isWhole, lines } = workspace();
  const version = save(1, 2, 3);
  const bucket = freshFolder();
  mkdirSync(join(root, '.dvc'));
  writeFileSync(join(root, '.dvc/config'), `[core]\n    remote = r\n['remote "r"']\n    url = ${bucket}\n`);
  const { context } = recordedContext();
  const versions = catalog.list().map(({ hash, kind, files, bytes, createdAt, author }) => {
    return { hash, kind, files, bytes, createdAt, author, commit: null, branch: null };
  });
  const remote = { name: 'r', url: bucket, settings: {}, base: root };
  await pushJob({ remote, environment: {}, dataFolder, path: 'data', versions, forgotten: 'stay' }, context);
  rmSync(join(root, 'data'), { recursive: true });
  for (const name of readdirSync(join(dataFolder, 'packs'))) {
    const path = join(dataFolder, 'packs', name);
    const bytes = readFileSync(path);
    bytes[9]! ^= 0xff;
    writeFileSync(path, bytes);
  }
  const { repaired, files } = await desk.verify({ depth: 'full', repair: true });
  expect(files, lines.join('\n')).toEqual([]);
  expect(repaired).toMatchObject({ lost: 0 });
  expect(await desk.verify({ depth: 'full', repair: false })).toMatchObject({ damage: [], files: [] });
  expect(isWhole(version)).toBe(true);
});
