import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { cachePath } from '../../sidecar/versions/dvc/cache.ts';
import { trainyard } from '../support/shell.ts';
import { damageObject, dvcRepository, installDvc, type DvcRepository } from './dvc-repository.ts';

beforeAll(installDvc);

const cachedObject = ({ path }: DvcRepository, text: string): string =>
  cachePath(path('.dvc/cache'), createHash('md5').update(text).digest('hex'), 'md5');

/** What Trainyard says of a folder, and how long it takes to. */
const versioned = async ({ root }: DvcRepository, folder: string) => {
  const began = performance.now();
  const said = await trainyard('version', folder, '-C', root);
  return { ...said, ms: performance.now() - began };
};

test('a named pipe: DVC waits for it until it is ended, Trainyard refuses it by name at once', async () => {
  const repository = dvcRepository();
  repository.write({ 'data/a.txt': 'a', 'twin/a.txt': 'a' });
  execFileSync('sh', ['-c', 'mkfifo "$0"', repository.path('data/pipe')]);
  const began = performance.now();
  repository.dvc('add', 'twin');
  const limitMs = Math.ceil(Math.max(10_000, 3 * (performance.now() - began)));
  expect(repository.tryFor(limitMs, 'add', 'data')).toBeNull();

  const said = await versioned(repository, 'data');
  expect(said.code).toBe(1);
  expect(said.stderr).toContain('data/pipe cannot be versioned: it is a named pipe.');
  expect(said.ms).toBeLessThan(limitMs);
  expect(existsSync(repository.path('data.dvc'))).toBe(false);
});

test('a name that is not UTF-8: DVC speaks of a codec, Trainyard of the file', async () => {
  const repository = dvcRepository();
  repository.write({ 'data/a.txt': 'a' });
  writeFileSync(Buffer.concat([Buffer.from(`${repository.path('data')}/caf`), Buffer.from([0xe9])]), 'x');
  const theirs = repository.try('add', 'data');
  expect(theirs.code).not.toBe(0);
  expect(theirs.err).toMatch(/codec can't encode/);

  const said = await versioned(repository, 'data');
  expect(said.code).toBe(1);
  expect(said.stderr).toMatch(/data\/caf\S* cannot be versioned: its name is not UTF-8\./);
});

test('a damaged object: DVC puts it on disk and says that all is well, Trainyard names the file and puts nothing there', async () => {
  const repository = dvcRepository();
  const { root, path } = repository;
  repository.write({ 'data/a.txt': 'right', 'data/b.txt': 'other' });
  repository.dvc('add', 'data');
  rmSync(path('data'), { recursive: true });
  damageObject(cachedObject(repository, 'right'), 'wrong');

  const said = await trainyard('data', 'adopt', 'data', '-C', root);
  expect(said.code).toBe(1);
  expect(said.stderr).toContain("DVC's cache holds damaged bytes of data: a.txt.");
  expect((await trainyard('version', '-C', root)).stdout).toBe('No data is versioned yet.\n');
  expect(existsSync(path('data'))).toBe(false);

  expect(repository.try('checkout').code).toBe(0);
  expect(readFileSync(path('data/a.txt'), 'utf8')).toBe('wrong');
  expect(JSON.parse(repository.dvc('status', '--json'))).toEqual({});
});

test('a damaged object in the way of an export is found, replaced and told of', async () => {
  const repository = dvcRepository('git');
  const { root, path } = repository;
  repository.write({ 'data/a.txt': 'right', 'data/b.txt': 'other' });
  await trainyard('version', 'data', '-C', root);
  await trainyard('data', 'export-dvc', 'data', 'v1', '-C', root);
  damageObject(cachedObject(repository, 'right'), 'wrong');

  const again = await trainyard('data', 'export-dvc', 'data', 'v1', '-C', root);
  expect(again.stdout).toMatch(
    /^1 objects \(5 B\) written to .*, 2 were there\.\nIn the cache 1 object was damaged, and replaced\.$/m,
  );
  rmSync(path('data'), { recursive: true });
  repository.dvc('checkout');
  expect(readFileSync(path('data/a.txt'), 'utf8')).toBe('right');
});

test.each(['trailing ', 'line\nbreak'])(
  'a data set called %j: DVC leaves it to Git, Trainyard does not',
  async (name) => {
    const [theirs, ours] = [dvcRepository(), dvcRepository('git')];
    const files = { [`data/${name}/x`]: 'x' };
    theirs.write(files);
    theirs.dvc('add', `data/${name}`);
    ours.write(files);
    await versioned(ours, `data/${name}`);
    const [left, kept] = [theirs, ours].map((repository) =>
      repository.git('ls-files', '--others', '--exclude-standard', '-z', 'data').split('\0'),
    );
    expect(left).toContain(`data/${name}/x`);
    expect(kept).toEqual(['data/.gitignore', `data/${name}.dvc`, '']);
  },
);
