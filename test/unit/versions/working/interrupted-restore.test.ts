import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { recoverRestores } from '../../../../sidecar/versions/working/recover.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { dataSetOf } from './data-set.ts';

const program = fileURLToPath(new URL('restore-worker.ts', import.meta.url));

/** @param fatal number of the change before which it dies */
const restoreIn = (root: string, version: Hash, fatal: number | 'never') => {
  const { stdout, signal } = spawnSync(process.execPath, [program, root, version, String(fatal)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { changes: Number(stdout), killed: signal === 'SIGKILL' };
};

const recover = (root: string): string[] => {
  const said: string[] = [];
  recoverRestores({ root, restoring: join(root, '.trainyard/restoring') }, (_level, text) => void said.push(text));
  return said;
};

/** A workspace on whose disk everything differs from a version that can happen to a file. */
const prepare = async () => {
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({
    same: '0',
    changed: 'old',
    gone: 'back',
    'deep/er/one': '1',
    'folder/inside': '2',
    file: '3',
    run: '4',
  });
  chmodSync(join(root, 'data/run'), 0o755);
  const { version, manifest } = await data.take();
  data.clear();
  data.layOut({ same: '0', changed: 'new', added: '5', 'file/inside': '6', folder: '7', run: '4', 'x/y/z': '8' });
  const there = (await data.take()).manifest;
  // In no version: these must never be lost.
  writeFileSync(join(root, 'data/changed'), 'precious');
  writeFileSync(join(root, 'data/x/y/z'), 'precious too');
  return { root, version, wanted: manifest.files, there: there.files };
};

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    : [];

test('a restore that dies before any of its changes is undone or completed by the next one, says which, and loses nothing', async () => {
  const { root, version, wanted, there } = await prepare();
  const master = freshFolder();
  cpSync(root, master, { recursive: true, preserveTimestamps: true });
  const { changes } = restoreIn(root, version, 'never');
  expect(await dataSetOf(root).disk()).toEqual(wanted);
  expect(changes).toBeGreaterThan(20);

  const ends = new Set<string>();
  for (let fatal = 0; fatal < changes; fatal++) {
    rmSync(root, { recursive: true });
    cpSync(master, root, { recursive: true, preserveTimestamps: true });
    expect(restoreIn(root, version, fatal).killed).toBe(true);
    const said = recover(root).join();
    const disk = await dataSetOf(root).disk();
    const complete = disk.length === wanted.length && disk.every(({ content }, at) => content === wanted[at]?.content);
    if (complete) expect(disk).toEqual(wanted);
    else expect(disk.map(({ path }) => path)).toEqual(there.map(({ path }) => path));
    if (/was completed/.test(said)) expect(complete).toBe(true);
    if (/was undone/.test(said)) expect(complete).toBe(false);
    ends.add(said.replace(/ What it .*/, ''));
    const everywhere = [...filesBelow(join(root, 'data')), ...filesBelow(join(root, '.trainyard/kept'))];
    expect(everywhere).toEqual(expect.arrayContaining(['precious', 'precious too']));
    expect(filesBelow(join(root, '.trainyard/restoring'))).toEqual([]);
  }
  expect([...ends].sort()).toEqual([
    '',
    'A restore of data was interrupted; it was completed.',
    'A restore was interrupted before it had changed anything; it was undone.',
  ]);
}, 300_000);

test('what is changed between an interruption and the next start is kept, not overwritten', async () => {
  const { root, version, wanted } = await prepare();
  const master = freshFolder();
  cpSync(root, master, { recursive: true, preserveTimestamps: true });
  const { changes } = restoreIn(root, version, 'never');
  let met = 0;
  for (let fatal = changes - 1; fatal > 0 && met < 3; fatal--) {
    rmSync(root, { recursive: true });
    cpSync(master, root, { recursive: true, preserveTimestamps: true });
    restoreIn(root, version, fatal);
    const [pending] = readdirSync(join(root, '.trainyard/restoring'));
    const staged = join(root, '.trainyard/restoring', pending ?? '', 'files/gone');
    if (pending === undefined || !existsSync(staged)) continue;
    writeFileSync(join(root, 'data/gone'), 'made meanwhile');
    recover(root);
    met += 1;
    if ((await dataSetOf(root).disk()).some(({ path, content }) => path === 'gone' && content === wanted[4]?.content)) {
      expect(filesBelow(join(root, '.trainyard/kept'))).toContain('made meanwhile');
    } else expect(readFileSync(join(root, 'data/gone'), 'utf8')).toBe('made meanwhile');
  }
  expect(met).toBe(3);
}, 180_000);
