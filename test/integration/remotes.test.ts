import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Progress } from '../../sidecar/contract/call.ts';
import { RemoteCollection } from '../../sidecar/contract/remote.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import { trainyard } from '../support/shell.ts';
import { freshFolder } from '../support/fresh-folder.ts';
import { freshWorkspace } from '../support/fresh-workspace.ts';
import { startSidecar, writeHalves } from '../support/workspace.ts';

interface Place extends Client {
  readonly root: string;
}

const path = 'data/raw/halves';
let here: Place;
let there: Place;
let bucket: string;
const servers: Server[] = [];
beforeEach(async () => {
  bucket = freshFolder();
  here = await open();
  there = await open();
  writeHalves(here.root, 10);
});

const open = async (): Promise<Place> => {
  const root = freshWorkspace();
  return { root, ...(await startSidecar(root)).client };
};
afterAll(() => {
  for (const server of servers) server.close();
});

/** What `git clone` brings: the pointer, and the configuration of the remotes. */
const cloneInto = (root: string) => {
  mkdirSync(join(root, 'data/raw'), { recursive: true });
  cpSync(join(here.root, 'data/raw/halves.dvc'), join(root, 'data/raw/halves.dvc'));
  cpSync(join(here.root, 'config'), join(root, 'config'), { recursive: true });
  mkdirSync(join(root, '.dvc'));
  cpSync(join(here.root, '.dvc/config'), join(root, '.dvc/config'));
};

const filesIn = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(root, 'data/raw/halves'), { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(root, 'data/raw/halves', name)).isFile())
      .map((name) => [name, readFileSync(join(root, 'data/raw/halves', name), 'base64')]),
  );

test('data that one workspace pushed is pulled in a clone, by what its pointer names', async () => {
  await here.versionDataset({ path });
  expect(await here.addRemote({ name: 'store', url: bucket })).toEqual([{ name: 'store', url: bucket, chosen: true }]);
  expect(await here.pushData({})).toMatchObject({ versions: 1, objects: 2 });
  cloneInto(there.root);

  const refused = there.versionDataset({ path });
  await expect(refused).rejects.toMatchObject({
    hint: expect.stringContaining(`trainyard data pull ${path}`) as string,
  });

  const progress: Progress[] = [];
  const pulled = await there.pullData({}, { onProgress: (said) => void progress.push(said) });
  expect(pulled).toMatchObject([{ dataset: { path, version: 1, files: 20 }, restored: { written: 20 } }]);
  // What follows within a tenth of a second is not told.
  expect(progress[0]?.note).toBe(`asking for the versions of ${path}`);
  expect(filesIn(there.root)).toEqual(filesIn(here.root));
  expect(readFileSync(join(there.root, `${path}.dvc`))).toEqual(readFileSync(join(here.root, `${path}.dvc`)));
  expect(await there.pullData({})).toMatchObject([{ transfer: { bytes: 0 }, restored: { written: 0 } }]);
});

test('a pull leaves data that would be lost and brings the rest; what it then replaces comes back exactly', async () => {
  const other = 'data/lab.csv';
  writeFileSync(join(here.root, other), 'id,value\n1,2\n');
  for (const data of [path, other]) await here.versionDataset({ path: data });
  await here.addRemote({ name: 'store', url: bucket });
  await here.pushData({});
  cloneInto(there.root);
  cpSync(join(here.root, `${other}.dvc`), join(there.root, `${other}.dvc`));
  mkdirSync(join(there.root, path, 'left'), { recursive: true });
  writeFileSync(join(there.root, path, 'left/000.png'), 'mine');
  writeFileSync(join(there.root, path, 'notes.txt'), 'mine too');
  const before = filesIn(there.root);
  const pointer = readFileSync(join(there.root, `${path}.dvc`));

  const refused = 'data/raw/halves holds 2 changed files that are in no version.';
  const byPath = (all: Awaited<ReturnType<Client['pullData']>>) =>
    Object.fromEntries(all.map(({ dataset, ...one }) => [dataset.path, one]));
  expect(byPath(await there.pullData({}))).toMatchObject({
    [path]: { restored: null, refused },
    [other]: { restored: { written: 1 }, refused: null },
  });
  expect(filesIn(there.root)).toEqual(before);
  const said = await trainyard('data', 'pull', '-C', there.root);
  expect(said).toMatchObject({ code: 1 });
  expect(said.stdout).toContain(`${refused} It was left as it is`);

  const [replaced] = await there.pullData({ dataset: path, force: true, keep: 'all' });
  expect(filesIn(there.root)).toEqual(filesIn(here.root));
  const { dataset, restored } = replaced!;
  await there.undoRestore({ dataset: dataset.name, version: dataset.version, kept: restored!.kept! });
  expect(filesIn(there.root)).toEqual(before);
  expect(readFileSync(join(there.root, `${path}.dvc`))).toEqual(pointer);
});

test('both places tell what is only here and only there; a fetch brings the list of versions into the catalog', async () => {
  await here.versionDataset({ path });
  await here.addRemote({ name: 'store', url: bucket });
  await here.pushData({ dataset: 'halves' });
  cloneInto(there.root);
  rmSync(join(here.root, path, 'left/000.png'));
  await here.versionDataset({ path });
  const counts = async (client: Client) =>
    (await client.remoteStatus({})).map((state) => [state.here.length, state.there.length, state.both.length]);
  expect(await counts(here)).toEqual([[1, 0, 1]]);
  expect(await here.pushData({})).toMatchObject({ versions: 1 });
  expect(await here.pushData({})).toMatchObject({ versions: 0, bytes: 0, objects: 0 });

  expect(await counts(there)).toEqual([[0, 2, 0]]);
  const [fetched] = await there.fetchData({ dataset: 'halves', version: 2 });
  expect(fetched).toMatchObject({ dataset: { version: 2, files: 19 }, restored: null });
  expect((await there.listDatasets({})).map(({ version }) => version)).toEqual([2, 1]);
  // Of the other version only the catalog knows; a pull brings its bytes.
  await there.pullData({ dataset: 'halves', version: 1 });
  expect(Object.keys(filesIn(there.root))).toHaveLength(20);
});

test('a folder that a web server gives out can be pulled from, and not pushed to', async () => {
  await here.versionDataset({ path });
  await here.addRemote({ name: 'store', url: bucket });
  await here.pushData({});
  cloneInto(there.root);
  await there.addRemote({ name: 'web', url: await serveFolder(bucket) });
  await there.chooseRemote({ name: 'web' });
  await there.pullData({});
  expect(filesIn(there.root)).toEqual(filesIn(here.root));
  expect(await there.remoteStatus({})).toMatchObject([{ here: [], there: [], both: [{ files: 20 }] }]);
  await expect(there.pushData({})).rejects.toMatchObject({ code: 'remote-read-only' });
});

test('a transfer ends when its client goes away', async () => {
  await here.versionDataset({ path });
  await here.addRemote({ name: 'store', url: bucket });
  const stop = new AbortController();
  const pushing = here.pushData({}, { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(pushing).rejects.toMatchObject({ code: 'cancelled' });
  expect(await here.pushData({})).toMatchObject({ versions: 1 });
});

test('the command line adds, chooses, lists and removes remotes, pushes, and says what to do', async () => {
  const say = (...words: string[]) => trainyard('data', ...words, '-C', here.root);
  expect((await say('push')).stderr).toContain('trainyard data remote add');
  const settings = ['--set', 'secret_access_key=hush', '--set', 'region=eu-west-1'];
  await say('remote', 'add', 'a', 's3://bucket/folder', ...settings);
  const added = await say('remote', 'add', 'b', bucket, '--default', '--json');
  expect(JSON.parse(added.stdout)).toMatchObject([
    { name: 'a', chosen: false },
    { name: 'b', chosen: true },
  ]);
  expect((await say('remote', 'remove', 'a')).stdout).not.toContain('s3://');
  await here.versionDataset({ path });
  expect(await say('push')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 new versions there') as string,
  });
  expect((await say('remote', 'status')).stdout).toContain(path);
  expect((await say('remote', 'add', 'c', bucket, '--set', 'novalue')).code).toBe(2);
}, 180_000);

test('what was forgotten in a remote is removed there by the command line, and stays here', async () => {
  const say = (...words: string[]) => trainyard('data', ...words, '-C', here.root);
  const packs = () => readdirSync(join(bucket, 'trainyard/v1/packs'));
  await here.addRemote({ name: 'store', url: bucket });
  await here.versionDataset({ path });
  await here.pushData({});
  expect(packs()).toHaveLength(2);
  expect((await say('gc', '--remote', '--grace', '0')).stdout).toContain('0 packs (0 B) went for good');
  expect((await say('forget', 'halves@v1', '--remote', 'store')).stdout).toContain('nobody can pull that one any more');
  expect(await say('forget', 'halves@v1', '--remote')).toMatchObject({ code: 1 });
  expect((await say('gc', '--remote')).stdout).toContain('2 packs (');
  expect(packs()).toHaveLength(2);
  expect((await say('gc', '--remote', '--grace', '0', '--dry-run')).stdout).toContain('Nothing was changed.');
  const collected = await say('gc', '--remote', 'store', '--grace', '0', '--json');
  expect(RemoteCollection.parse(JSON.parse(collected.stdout))).toMatchObject({ versions: 0, removed: { packs: 2 } });
  expect(packs()).toEqual([]);
  // All that is pushed leaves it out; who names it brings it back.
  expect(await here.pushData({})).toMatchObject({ versions: 0 });
  expect(await here.pushData({ dataset: 'halves', version: 1 })).toMatchObject({ versions: 1, objects: 2 });
}, 180_000);

test('what stages of DVC have made is pulled too; what the remote lacks is told when the rest is there', async () => {
  await here.versionDataset({ path });
  await here.addRemote({ name: 'store', url: bucket });
  await here.pushData({ dvc: true });
  cloneInto(there.root);
  const [, md5 = ''] = /md5: (\S+)/.exec(readFileSync(join(there.root, `${path}.dvc`), 'utf8')) ?? [];
  rmSync(join(there.root, `${path}.dvc`));
  const names = ['a/lost.csv', path];
  const outs = names.map((name) => `    - ${name}\n`).join('');
  writeFileSync(join(there.root, 'dvc.yaml'), `stages:\n  make:\n    cmd: make\n    outs:\n${outs}`);
  const entryOf = (name: string, oid: string) => `    - path: ${name}\n      hash: md5\n      md5: ${oid}\n`;
  const entries = `${entryOf(names[0]!, '0'.repeat(32))}${entryOf(path, md5)}`;
  const lock = `schema: '2.0'\nstages:\n  make:\n    cmd: make\n    outs:\n${entries}`;
  writeFileSync(join(there.root, 'dvc.lock'), lock);
  await expect(there.pullData({})).rejects.toMatchObject({
    code: 'remote-lacks-version',
    message: expect.stringContaining('a/lost.csv') as string,
  });
  expect(filesIn(there.root)).toEqual(filesIn(here.root));
  expect(existsSync(join(there.root, `${path}.dvc`))).toBe(false);
});

/** As any web server does that knows ranges. */
const serveFolder = async (folder: string): Promise<string> => {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(request.url ?? '/'));
    const bytes = statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : null;
    if (bytes === null) return response.writeHead(404).end();
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range === null) return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
    return response.writeHead(206, { 'content-length': part.length }).end(part);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
