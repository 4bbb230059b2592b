import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeptRestore } from '../../../../sidecar/contract/data-upkeep.ts';
import { collectKeptJob, type CollectKeptInput } from '../../../../sidecar/pipeline/1-version/collect-kept-job.ts';
import { listKept, removeKept } from '../../../../sidecar/versions/working/kept-files.ts';
import { keptAt, keptFolder, keptNameOf } from '../../../../sidecar/versions/working/restore-plan.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { dataSetOf } from './data-set.ts';

const program = fileURLToPath(new URL('kept-worker.ts', import.meta.url));
const { context } = recordedContext();

/** A data set whose restores have replaced files so many times. */
const replaced = async (times: number) => {
  const root = freshFolder();
  const data = dataSetOf(root);
  data.layOut({ a: 'one', 'deep/b': 'two' });
  const { version } = await data.take();
  const folders: string[] = [];
  for (let time = 0; time < times; time++) {
    data.layOut({ a: `mine ${time}`, 'deep/b': `mine too ${time}`, [`c${time}`]: 'moved here' });
    const { kept } = await data.restore(version, { force: true, keep: 'all' });
    folders.push(kept!);
  }
  return { root, data, version, kept: join(root, '.trainyard/kept'), folders };
};

test('what restores have kept is told with its time, its data, its files and bytes; other names are not theirs', async () => {
  const began = Date.now();
  const { kept, folders } = await replaced(2);
  mkdirSync(join(kept, 'precious'));
  writeFileSync(join(kept, 'notes.txt'), 'mine');
  const found = await listKept(kept, context);
  expect(found.map(({ name }) => join(kept, name))).toEqual(folders);
  expect(found).toMatchObject([
    { path: 'data', example: 'a', files: 3, bytes: 'mine 0mine too 0moved here'.length },
    { path: 'data', files: 3 },
  ]);
  for (const { at } of found) expect(at >= began && at <= Date.now()).toBe(true);
  removeKept(kept, [found[0]!.name]);
  expect(readdirSync(kept).sort()).toEqual([found[1]!.name, `${found[1]!.name}.jsonl`, 'notes.txt', 'precious']);
  expect(await listKept(join(kept, 'none'), context)).toEqual([]);
  rmSync(join(folders[1]!, 'a'));
  rmSync(join(folders[1]!, 'c1'));
  expect(await listKept(kept, context)).toMatchObject([{ example: 'deep/b', files: 1 }]);
});

test('the name of a folder gives back the time of its restore, and no other name does', () => {
  const name = keptFolder('kept').slice('kept/'.length);
  expect(Math.abs(keptAt(name)! - Date.now())).toBeLessThan(5_000);
  expect(keptNameOf(`${name}.jsonl`)).toBe(name);
  for (const other of ['2026-13-41T00-00-00-000Z', `${name} (copy)`, `.${name}`, '2026-11-26', '0']) {
    expect(keptAt(other)).toBeNull();
  }
  fc.assert(fc.property(fc.string(), (text) => keptAt(text) === null));
});

const asked = (kept: string, more: Partial<CollectKeptInput>): CollectKeptInput => ({
  ...{ kept, before: null, undoableSince: Infinity, dryRun: false },
  ...more,
});
const fates = (restores: readonly KeptRestore[]) => restores.map(({ fate }) => fate);

test('only what is old goes, and not what an editor may still offer to undo, unless all is asked for', async () => {
  const { kept, folders, data } = await replaced(3);
  const [first, second, third] = await listKept(kept, context);
  const before = third!.at;
  const ages = { before, undoableSince: second!.at };
  const dry = await collectKeptJob(asked(kept, { ...ages, dryRun: true }), context);
  expect(fates(dry.restores)).toEqual(['due', 'undoable', 'young']);
  expect([dry.freedBytes, readdirSync(kept).length]).toEqual([0, 6]);
  const done = await collectKeptJob(asked(kept, ages), context);
  expect(done).toMatchObject({ freedBytes: first!.bytes, restores: [{ fate: 'due' }, {}, {}] });
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
  data.undo(folders[2]!);
  expect(data.read('a')).toBe('mine 2');
  await collectKeptJob(asked(kept, {}), context);
  expect(readdirSync(kept)).toEqual([]);
});

/** @param fatal number of the change before which it dies */
const removeIn = (kept: string, names: readonly string[], fatal: number | 'never') => {
  const { stdout, signal } = spawnSync(process.execPath, [program, kept, String(fatal), ...names], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { changes: Number(stdout), killed: signal === 'SIGKILL' };
};

test('a removal that dies before any of its changes leaves each Undo whole or gone, and the next one ends it', async () => {
  const { root, data, kept, folders, version } = await replaced(2);
  const names = (await listKept(kept, context)).map(({ name }) => name);
  const master = freshFolder();
  cpSync(root, master, { recursive: true, preserveTimestamps: true });
  const { changes } = removeIn(kept, names, 'never');
  expect(readdirSync(kept)).toEqual([]);
  expect(changes).toBeGreaterThan(8);
  const ends = new Set<string>();
  for (let fatal = 0; fatal < changes; fatal++) {
    rmSync(root, { recursive: true });
    cpSync(master, root, { recursive: true, preserveTimestamps: true });
    expect(removeIn(kept, names, fatal).killed).toBe(true);
    for (const [time, folder] of folders.entries()) {
      if (!existsSync(`${folder}.jsonl`)) {
        expect(() => data.undo(folder)).toThrow('holds nothing that a restore has kept');
        ends.add('gone');
        continue;
      }
      data.undo(folder);
      expect([data.read('a'), data.read('deep/b'), data.read(`c${time}`)]).toEqual([
        `mine ${time}`,
        `mine too ${time}`,
        'moved here',
      ]);
      await data.restore(version, { force: true });
      ends.add('whole');
    }
    const left = (await listKept(kept, context)).map(({ name }) => name);
    removeKept(kept, left);
    expect(readdirSync(kept)).toEqual([]);
  }
  expect([...ends].sort()).toEqual(['gone', 'whole']);
}, 120_000);
