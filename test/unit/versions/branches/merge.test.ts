import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { Conflict } from '../../../../sidecar/versions/branches/merge-file.ts';
import { planMerge, type MergeSides } from '../../../../sidecar/versions/branches/plan-merge.ts';
import { resolveMerge, type Choice, type Choices } from '../../../../sidecar/versions/branches/resolve-merge.ts';
import { openDataStore, type DataStore } from '../../../../sidecar/versions/data-store.ts';
import { md5Of } from '../../../../sidecar/versions/hash.ts';
import { chunkId } from '../../../../sidecar/versions/store/blob-id.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { writeVersion } from '../../../../sidecar/versions/tree/version.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

/** Content of each file by path; an exclamation mark at its end makes it executable. */
type Tree = Readonly<Record<string, string>>;

const store = (tree: Tree, { blobs }: DataStore): Hash => {
  const draft = blobs.openDraft();
  const files = Object.entries(tree).map(([path, text]) => {
    const bytes = Buffer.from(text.replace(/!$/, ''));
    const content = chunkId(bytes);
    draft.put(content, 'chunk', bytes);
    return { path, size: bytes.length, content, executable: text.endsWith('!'), md5: md5Of(bytes) };
  });
  const version = writeVersion(
    draft,
    'folder',
    files.sort((a, b) => comparePaths(a.path, b.path)),
  );
  draft.commit();
  return version;
};

const merge = (
  trees: { base: Tree | null; ours: Tree; theirs: Tree },
  all: Choice | null = null,
  paths: Record<string, Choice> = {},
) => {
  const data = openDataStore(freshFolder());
  const sides: MergeSides = {
    base: trees.base === null ? null : store(trees.base, data),
    ours: store(trees.ours, data),
    theirs: store(trees.theirs, data),
  };
  const choices: Choices = { all, paths: new Map(Object.entries(paths)), suffix: 'theirs' };
  const plan = planMerge(data.blobs, sides);
  const { files, conflicts } = resolveMerge(data.blobs, plan, choices);
  const merged: Record<string, string> = {};
  for (const { path, content, executable } of files())
    merged[path] = `${data.blobs.get(content).toString()}${executable ? '!' : ''}`;
  return { merged, conflicts: conflicts.map(named), planned: plan.conflicts.map(named) };
};

const named = ({ path, kind }: Conflict) => `${path}: ${kind}`;

test('what one side alone has changed, added or removed is merged, and what both changed alike', () => {
  const base = { same: '0', ours: '0', theirs: '0', goneHere: '0', goneThere: '0', alike: '0', mode: '0' };
  const ours = { same: '0', ours: '1', theirs: '0', goneThere: '0', alike: '1', newHere: '1', mode: '1' };
  const theirs = { same: '0', ours: '0', theirs: '2', goneHere: '0', alike: '1', newThere: '2', mode: '0!' };
  expect(merge({ base, ours, theirs })).toMatchObject({
    merged: { alike: '1', mode: '1!', newHere: '1', newThere: '2', ours: '1', same: '0', theirs: '2' },
    conflicts: [],
  });
});

const clash = {
  base: { 'a.csv': '0', gone: '0', kept: '0', 'x/1': '0' },
  ours: { 'a.csv': '1', kept: '1', 'new.bin': '1', mode: '7', 'x/1': '0', 'x/2': '1', y: '1' },
  theirs: { 'a.csv': '2', gone: '2', 'new.bin': '2', mode: '7!', x: '2', 'y/1': '2', 'y/2': '2' },
};

test('every sort of conflict is named, and nothing of it is merged', () => {
  const ours = Object.entries(clash.ours).filter(([path]) => path !== 'x/1');
  expect(merge(clash)).toMatchObject({
    merged: { ...Object.fromEntries(ours), x: '2', 'y/1': '2', 'y/2': '2' },
    conflicts: [
      'a.csv: both-changed',
      'gone: changed-and-removed',
      'kept: changed-and-removed',
      'mode: mode',
      'new.bin: both-added',
      'x: file-and-folder',
      'y: file-and-folder',
    ],
  });
});

test.each<[Choice, Tree]>([
  ['ours', { 'a.csv': '1', kept: '1', mode: '7', 'new.bin': '1', 'x/2': '1', y: '1' }],
  ['theirs', { 'a.csv': '2', gone: '2', mode: '7!', 'new.bin': '2', x: '2', 'y/1': '2', 'y/2': '2' }],
  [
    'both',
    {
      'a.csv': '1',
      'a~theirs.csv': '2',
      gone: '2',
      kept: '1',
      mode: '7',
      'mode~theirs': '7!',
      'new.bin': '1',
      'new~theirs.bin': '2',
      'x/2': '1',
      'x~theirs': '2',
      'y/1': '2',
      'y/2': '2',
      'y~theirs': '1',
    },
  ],
])('all conflicts are resolved by %s', (choice, expected) => {
  const { merged, conflicts } = merge(clash, choice);
  expect({ merged, conflicts }).toEqual({ merged: expected, conflicts: [] });
});

test('a choice for one path counts before the one for all, and alone leaves the others', () => {
  expect(merge(clash, 'ours', { 'a.csv': 'theirs' }).merged['a.csv']).toBe('2');
  expect(merge(clash, null, { x: 'theirs', y: 'theirs' }).conflicts).toEqual([
    'a.csv: both-changed',
    'gone: changed-and-removed',
    'kept: changed-and-removed',
    'mode: mode',
    'new.bin: both-added',
  ]);
});

test('a name that is taken is not taken twice', () => {
  const { merged } = merge(
    { base: null, ours: { 'a.b': '1', 'a~theirs.b': '3' }, theirs: { 'a.b': '2', 'a~theirs.b': '3' } },
    'both',
  );
  expect(merged).toEqual({ 'a.b': '1', 'a~theirs.b': '3', 'a~theirs-2.b': '2' });
});

test('a file that is chosen where the other side has a folder meanwhile takes its place, or leaves it', () => {
  const trees = { base: { a: '0' }, ours: { 'a/b': '1' }, theirs: { a: '2' } };
  expect(merge(trees).conflicts).toEqual(['a: changed-and-removed']);
  expect(merge(trees, 'theirs')).toMatchObject({ merged: { a: '2' }, conflicts: [] });
  expect(merge(trees, 'ours')).toMatchObject({ merged: { 'a/b': '1' }, conflicts: [] });
  expect(merge(trees, 'both')).toMatchObject({ merged: { 'a/b': '1', 'a~theirs': '2' }, conflicts: [] });
});

const path = fc.constantFrom('a', 'a/b', 'a/b/c', 'a!', 'a0', 'b', 'b/c', 'é', '😀', '\uffee');
const tree = fc.dictionary(path, fc.constantFrom('0', '1', '2', '0!'), { maxKeys: 6 }).map((all) => {
  const paths = Object.keys(all);
  // No file is a folder too.
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !paths.some((other) => other.startsWith(`${name}/`))),
  );
});

test('merging a version with itself, or with what it comes from, changes nothing', () => {
  fc.assert(
    fc.property(tree, fc.option(tree), (ours, base) => {
      expect(merge({ base, ours, theirs: ours })).toMatchObject({ merged: ours, conflicts: [] });
      if (base === null) return;
      expect(merge({ base, ours, theirs: base })).toMatchObject({ merged: ours, conflicts: [] });
      expect(merge({ base, ours: base, theirs: ours })).toMatchObject({ merged: ours, conflicts: [] });
    }),
    { numRuns: 40 },
  );
});

test('a merge is the same from both sides, its conflicts and what a choice makes of them', () => {
  fc.assert(
    fc.property(fc.option(tree), tree, tree, (base, ours, theirs) => {
      const other = { base, ours: theirs, theirs: ours };
      const here = merge({ base, ours, theirs });
      const there = merge(other);
      expect(there.planned).toEqual(here.planned);
      expect(there.conflicts.length > 0).toBe(here.conflicts.length > 0);
      expect(merge({ base, ours, theirs }, 'theirs').merged).toEqual(merge(other, 'ours').merged);
      if (here.conflicts.length === 0) expect(there.merged).toEqual(here.merged);
    }),
    { numRuns: 60 },
  );
});

test('whatever is chosen, no conflict is left and no file is a folder', () => {
  fc.assert(
    fc.property(
      fc.option(tree),
      tree,
      tree,
      fc.constantFrom<Choice>('ours', 'theirs', 'both'),
      (base, ours, theirs, choice) => {
        const { merged, conflicts } = merge({ base, ours, theirs }, choice);
        expect(conflicts).toEqual([]);
        const paths = Object.keys(merged);
        expect(paths.filter((name) => paths.some((one) => one.startsWith(`${name}/`)))).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
