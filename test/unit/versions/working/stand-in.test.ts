import { once } from 'node:events';
import { mkdirSync, realpathSync, rmdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openStandIn } from '../../../../sidecar/versions/working/stand-in.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

test('what is done in a folder is done inside it, and the process is back where it was, whatever comes of it', () => {
  const home = process.cwd();
  const folder = realpathSync(freshFolder());
  const standIn = openStandIn();
  const dataIn = (absolute: string) => ({ type: 'folder' as const, path: 'data/set', absolute });
  expect(standIn?.(dataIn(folder), () => process.cwd())).toBe(folder);
  expect(process.cwd()).toBe(home);
  expect(() =>
    standIn?.(dataIn(folder), () => {
      throw new Error('planted');
    }),
  ).toThrow('planted');
  expect(() => standIn?.(dataIn(join(folder, 'gone')), () => undefined)).toThrow(/data\/set .*ENOENT/s);
  expect(process.cwd()).toBe(home);
});

test('a process whose own folder is gone stays there, and data is looked at all the same', async () => {
  const home = process.cwd();
  const data = dataSetOf(freshFolder());
  data.layOut({ 'cat/a': 'one', b: 'two' });
  const { version } = await data.take();
  const gone = join(freshFolder(), 'gone');
  mkdirSync(gone);
  try {
    process.chdir(gone);
    rmdirSync(gone);
    expect(openStandIn()).toBeNull();
    expect((await data.status(version)).difference.files).toEqual([]);
  } finally {
    process.chdir(home);
  }
});

test('a thread cannot move, and says so', async () => {
  const source = new URL('../../../../sidecar/versions/working/stand-in.ts', import.meta.url);
  const program = `import { parentPort } from 'node:worker_threads';
    import { openStandIn } from ${JSON.stringify(source.href)};
    parentPort.postMessage(openStandIn());`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  expect(await once(worker, 'message')).toEqual([null]);
});

test('a look that fails leaves the process where it was', async () => {
  const home = process.cwd();
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({ a: 'one' });
  const { version } = await data.take();
  symlinkSync('nowhere', join(root, 'data/link'));
  await expect(data.status(version)).rejects.toThrow('it is a link to nothing');
  expect(process.cwd()).toBe(home);
});
