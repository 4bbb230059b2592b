import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../sidecar/contract/routes.ts';
import { startMoto, type S3Server } from '../support/s3-servers.ts';
import { endSidecars, startSidecar } from '../support/workspace.ts';
import { dvcRepository, installDvc, type DvcRepository } from './dvc-repository.ts';

let server: S3Server;
beforeAll(async () => {
  await installDvc();
  server = await startMoto();
});
afterAll(async () => {
  await endSidecars();
  await server.stop();
});

const files = {
  'data/images/a/one.jpg': 'one',
  'data/images/a/same.jpg': 'one',
  'data/images/b/two.jpg': Buffer.alloc(200_000, 'two'),
  'data/images/b/ünï ☃.txt': 'three',
  'data/images/empty': '',
};

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'base64')]),
  );

const url = (folder: string) => `s3://${server.bucket}/${folder}`;

const addWithDvc = (repository: DvcRepository, folder: string): void => {
  repository.dvc('remote', 'add', '--default', 'store', url(folder));
  for (const [key, value] of Object.entries(server.settings)) {
    const secret = key.includes('secret') || key.includes('access') ? ['--local'] : [];
    repository.dvc('remote', 'modify', ...secret, 'store', key, value);
  }
};

const clientOf = async (root: string): Promise<Client> => (await startSidecar(root)).client;

/** What `git clone` brings, and the keys. */
const cloneInto = (to: DvcRepository, from: DvcRepository, ...pointers: string[]): void => {
  for (const pointer of pointers) {
    mkdirSync(join(to.path(pointer), '..'), { recursive: true });
    cpSync(from.path(pointer), to.path(pointer));
  }
  for (const file of ['config', 'config.local'])
    if (existsSync(from.path(`.dvc/${file}`))) cpSync(from.path(`.dvc/${file}`), to.path(`.dvc/${file}`));
};

test('the real DVC pulls and checks what we pushed as it would have itself', async () => {
  const [ours, theirs] = [dvcRepository(), dvcRepository()];
  ours.write({ ...files, 'table.csv': 'a,b\n1,2\n' });
  const client = await clientOf(ours.root);
  await client.versionDataset({ path: 'data/images' });
  await client.versionDataset({ path: 'table.csv' });
  await client.addRemote({ name: 'store', url: url('ours'), settings: server.settings });
  expect(await client.pushData({ dvc: true })).toMatchObject({ versions: 2, objects: 6 });
  expect(await client.pushData({ dvc: true })).toMatchObject({ versions: 0, objects: 0, bytes: 0 });
  cloneInto(theirs, ours, 'data/images.dvc', 'table.csv.dvc');
  theirs.dvc('pull');
  expect(filesIn(theirs.path('data/images'))).toEqual(filesIn(ours.path('data/images')));
  expect(readFileSync(theirs.path('table.csv'), 'utf8')).toBe('a,b\n1,2\n');
  expect(theirs.dvc('status', '--json').trim()).toBe('{}');
  expect(theirs.dvc('status', '--cloud', '--json').trim()).toBe('{}');
});

test('we pull what the real DVC pushed, and its pointer stays true', async () => {
  const [theirs, ours] = [dvcRepository(), dvcRepository()];
  theirs.write({ ...files, 'model.bin': Buffer.alloc(5 << 20, 'model') });
  theirs.dvc('add', 'data/images', 'model.bin');
  addWithDvc(theirs, 'theirs');
  theirs.dvc('push');
  cloneInto(ours, theirs, 'data/images.dvc', 'model.bin.dvc');
  const client = await clientOf(ours.root);
  const pulled = await client.pullData({});
  expect(pulled.map(({ dataset }) => [dataset.path, dataset.files])).toEqual([
    ['data/images', 5],
    ['model.bin', 1],
  ]);
  expect(filesIn(ours.path('data/images'))).toEqual(filesIn(theirs.path('data/images')));
  expect(readFileSync(ours.path('model.bin'))).toEqual(readFileSync(theirs.path('model.bin')));
  const md5 = /md5: (\S+)/.exec(readFileSync(theirs.path('data/images.dvc'), 'utf8'))?.[1];
  expect(readFileSync(ours.path('data/images.dvc'), 'utf8')).toContain(`md5: ${md5 ?? ''}`);
});

test('what DVC versioned and we pushed as our own is pulled in a clone, by a .dvc file that knows nothing of us', async () => {
  const [theirs, clone] = [dvcRepository(), dvcRepository('git')];
  theirs.write({ ...files, 'table.csv': 'a,b\n1,2\n', 'unpushed.csv': 'a\n' });
  theirs.dvc('add', 'data/images', 'table.csv', 'unpushed.csv');
  addWithDvc(theirs, 'adopted');
  theirs.git('add', '--all');
  theirs.git('commit', '--quiet', '--message', 'data of DVC');
  const [images, table] = ['data/images.dvc', 'table.csv.dvc'].map((file) => readFileSync(theirs.path(file), 'utf8'));
  const author = await clientOf(theirs.root);
  for (const path of ['data/images', 'table.csv']) await author.adoptData({ path });
  expect(await author.pushData({ dvc: false })).toMatchObject({ versions: 2 });
  expect(theirs.git('status', '--short')).toBe('');
  // Here too nothing but the MD5 says which version it is.
  expect(await author.fetchData({ dataset: 'table.csv' })).toMatchObject([{ transfer: { versions: 0, bytes: 0 } }]);

  clone.git('pull', '--quiet', theirs.root, 'main');
  cpSync(theirs.path('.dvc/config.local'), clone.path('.dvc/config.local'));
  expect([images, table]).toEqual(
    ['data/images.dvc', 'table.csv.dvc'].map((file) => readFileSync(clone.path(file), 'utf8')),
  );
  expect(images).not.toContain('trainyard');
  const client = await clientOf(clone.root);
  // All that is there comes; what nobody has pushed is told of.
  await expect(client.pullData({})).rejects.toMatchObject({
    code: 'remote-lacks-version',
    message: expect.stringMatching(
      /unpushed\.csv.* no version of Trainyard there has that MD5, and no file of DVC/,
    ) as string,
  });
  expect(filesIn(clone.path('data/images'))).toEqual(filesIn(theirs.path('data/images')));
  expect(readFileSync(clone.path('table.csv'), 'utf8')).toBe('a,b\n1,2\n');
  expect((await client.listDatasets({})).map(({ path, author: by }) => [path, by])).toEqual([
    ['data/images', 'Someone'],
    ['table.csv', 'Someone'],
  ]);
  expect(clone.git('status', '--short')).toBe('');
  for (const dataset of ['images', 'table.csv']) {
    expect((await client.dataStatus({ dataset })).equal).toBe(true);
    await client.exportToDvc({ dataset, version: 1 });
  }
  expect(clone.dvc('status', '--json', 'data/images.dvc', 'table.csv.dvc').trim()).toBe('{}');
});

test('an object that is damaged in a remote of DVC is named and never checked out; DVC itself would', async () => {
  const [theirs, ours] = [dvcRepository(), dvcRepository()];
  const remote = `${theirs.root}-remote`;
  theirs.write(files);
  theirs.dvc('add', 'data/images');
  theirs.dvc('remote', 'add', '--default', 'store', remote);
  theirs.dvc('push');
  const object = join(remote, 'files/md5/f9/7c5d29941bfb1b2fdab0874906ab82');
  rmSync(object);
  writeFileSync(object, 'onE');
  cloneInto(ours, theirs, 'data/images.dvc');
  const client = await clientOf(ours.root);
  await expect(client.pullData({})).rejects.toMatchObject({
    code: 'remote-damaged',
    message: expect.stringContaining('f9/7c5d29941bfb1b2fdab0874906ab82') as string,
  });
  rmSync(remote, { recursive: true });
});
