import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchItems } from '../../../../extension/data/branch-text.ts';
import {
  sayCollection,
  sayFreed,
  sayKept,
  sayRemoteCollection,
  sayRemoteFreed,
} from '../../../../extension/data/collect-text.ts';
import { badgeOf, decorationOf } from '../../../../extension/data/decorations.ts';
import { sayForget, sayForgetRemote } from '../../../../extension/data/forget-text.ts';
import { gitSideOf, pointerDifferenceOf } from '../../../../extension/data/git-sides.ts';
import { dataLenses } from '../../../../extension/data/lenses.ts';
import { explainConflict, explainConflicts, sayMerged } from '../../../../extension/data/merge-text.ts';
import { createMeter } from '../../../../extension/data/meter.ts';
import { conditionOf, qualityText, sayBroken } from '../../../../extension/data/quality-text.ts';
import { sayFetched, sayPulled, sayTransfer } from '../../../../extension/data/remote-text.ts';
import { sideLabel } from '../../../../extension/data/sides.ts';
import { explainState } from '../../../../extension/data/state.ts';
import { isWhole, sayDamage, sayRepaired, sayWhole } from '../../../../extension/data/verify-text.ts';
import type { KeptRestore } from '../../../../sidecar/contract/data-upkeep.ts';
import type { RemoteCollection } from '../../../../sidecar/contract/remote.ts';
import { dataset, dataState } from '../sample.ts';

test('only data that differs from its pointer gets a sign, with the reason in words', () => {
  expect(decorationOf('images', dataState())).toBeNull();
  expect(decorationOf('images', dataState({ kind: 'changed', removed: 1 }))).toEqual({
    badge: 'M',
    tooltip: 'What lies on disk differs from images@v1: 1 file removed.',
    color: 'gitDecoration.modifiedResourceForeground',
  });
  expect(decorationOf('images', dataState({ kind: 'absent' }))?.tooltip).toContain('can be restored');
});

test('the badge of the view counts data sets that differ, and is gone without any', () => {
  const states = (...kinds: ('equal' | 'changed' | 'absent')[]) =>
    new Map(kinds.map((kind, index) => [String(index), dataState({ kind })]));
  expect(badgeOf(states('equal', 'absent'))).toBeNull();
  expect(badgeOf(states('changed'))).toEqual({ value: 1, tooltip: '1 data set differs on disk' });
  expect(badgeOf(states('changed', 'equal', 'changed'))?.tooltip).toBe('2 data sets differ on disk');
});

test('folders that cannot be watched are said to be looked at', () => {
  expect(explainState('images', dataState({ lookEveryMs: 300_000 }))).toBe(
    'What lies on disk is images@v1. It has more folders than can be watched; the rest is looked at every 5 min 0 s.',
  );
});

const lensTitles = (state: ReturnType<typeof dataState> | undefined) => {
  const datasets = [dataset(1), dataset(2, { files: 1200, bytes: 45_000_000 })];
  const now = 1_000_000 + 2 * 86_400_000;
  return dataLenses({ pointer: 'data/images.dvc', datasets, state, now }).map(({ title }) => title);
};

test('the lens of a pointer tells what it names, and offers what makes sense then', () => {
  const head = 'images@v2 · 1,200 files · 45.0 MB · by ana · 2 d ago';
  expect(lensTitles(dataState({ version: 2 }))).toEqual([head, 'Compare with v1']);
  expect(lensTitles(dataState({ kind: 'changed', version: 2, added: 3 }))).toEqual([
    head,
    'Compare with disk (3 changed)',
    'Version changes',
    'Compare with v1',
    'Restore',
  ]);
  expect(lensTitles(dataState({ kind: 'absent', version: 2 }))).toEqual([head, 'Compare with v1', 'Restore']);
  expect(lensTitles(dataState({ version: 1 }))).toEqual(['images@v1 · 100 files · 11.3 MB · by ana · 2 d ago']);
  expect(lensTitles(dataState({ version: 9 }))).toEqual([]);
  expect(lensTitles(undefined)).toEqual([]);
});

const path = '/w/data/images.dvc';
const gitAddress = (ref: string) => ({
  scheme: 'git',
  path,
  query: JSON.stringify({ path, ref }),
});
const onDisk = { scheme: 'file', path: '/w/data/images.dvc', query: '' };

test('addresses of Git name a commit or the index; the sides of a conflict and other addresses name nothing', () => {
  expect(gitSideOf(gitAddress('HEAD'))).toEqual({ kind: 'commit', revision: 'HEAD' });
  expect(gitSideOf(gitAddress('main~2'))).toEqual({ kind: 'commit', revision: 'main~2' });
  for (const ref of ['', '~']) expect(gitSideOf(gitAddress(ref))).toEqual({ kind: 'index' });
  for (const ref of ['~1', '~2', '~3']) expect(gitSideOf(gitAddress(ref))).toBeNull();
  expect(gitSideOf(onDisk)).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (query) => {
      expect(() => gitSideOf({ scheme: 'git', path: '/a.dvc', query })).not.toThrow();
    }),
  );
});

test('the difference of a pointer is one of the data that both sides name', () => {
  expect(pointerDifferenceOf(gitAddress('HEAD'), gitAddress(''), 4)).toEqual({
    from: { kind: 'commit', revision: 'HEAD' },
    to: { kind: 'index' },
  });
  expect(pointerDifferenceOf(gitAddress('~'), onDisk, 4)?.to).toEqual({ kind: 'version', version: 4 });
  expect(pointerDifferenceOf(gitAddress('~'), onDisk, null)?.to).toEqual({ kind: 'disk' });
  expect(pointerDifferenceOf(null, gitAddress(''), 4)?.from).toEqual({ kind: 'commit', revision: 'HEAD' });
  expect(pointerDifferenceOf(gitAddress('~2'), gitAddress('~3'), 4)).toBeNull();
});

test('a side is said in one word, a commit by its first digits', () => {
  expect(sideLabel({ kind: 'version', version: 3 })).toBe('v3');
  expect(sideLabel({ kind: 'commit', revision: 'a'.repeat(40) })).toBe('aaaaaaaa');
  expect(sideLabel({ kind: 'commit', revision: 'main' })).toBe('main');
  expect(sideLabel({ kind: 'index' })).toBe('staged');
});

test('a long call tells how long it still takes once there is a basis for it, and never goes back', () => {
  let at = 0;
  const read = createMeter(() => at);
  expect(read({ fraction: 0.1, note: '1 of 10 files' })).toEqual({ message: '1 of 10 files', increment: 10 });
  at = 4_000;
  expect(read({ fraction: 0.4, note: '4 of 10 files' })).toEqual({
    message: '4 of 10 files · ~6.0 s left',
    increment: 30,
  });
  expect(read({ fraction: 0.2, note: 'again', remainingMs: 60_000 })).toEqual({
    message: 'again · ~1 min 0 s left',
    increment: 0,
  });
  expect(read({ fraction: null, note: 'almost' })).toEqual({ message: 'almost', increment: 0 });
});

const conflict = { path: '3/17.png', kind: 'changed-and-removed' as const, ours: 1200, theirs: null };
const merged = {
  ...{ path: 'data/images', version: dataset(4), conflicts: [], conflictCount: 0, written: 1, removed: 1200 },
};

test('what became of a merge is said for each data set, and each conflict with what is on either side', () => {
  expect(explainConflict(conflict)).toBe(
    '3/17.png: changed on one side and removed on the other (ours 1.20 kB, theirs none)',
  );
  const conflicts = Array.from({ length: 12 }, () => conflict);
  const lines = explainConflicts({ ...merged, outcome: 'conflicts', conflicts, conflictCount: 1_200 }).split('\n');
  expect(lines.slice(9)).toEqual([
    explainConflict(conflict),
    '… and 1,190 more',
    '',
    expect.stringContaining('Nothing on disk changes'),
  ]);
  expect(sayMerged({ ...merged, outcome: 'merged' })).toBe('images@v4 is on disk: 1 file written, 1,200 removed.');
  expect(sayMerged({ ...merged, outcome: 'conflicts', conflictCount: 2 })).toBe(
    '2 conflicts in data/images still wait.',
  );
  expect(sayMerged({ ...merged, outcome: 'unchanged' })).toBe('data/images has nothing new.');
  expect(sayMerged({ ...merged, outcome: 'removed' })).toContain('is gone on the other branch');
});

const DAY_MS = 86_400_000;
const restoreOf = (more: Partial<KeptRestore> = {}): KeptRestore => ({
  ...{
    folder: 'x',
    at: 1_000_000,
    path: 'data/images',
    example: '3/17.png',
    files: 2,
    bytes: 3_000_000,
    fate: 'young',
  },
  ...more,
});

test('a collection tells first what it would free, and why that is safe', () => {
  const group = { packs: 1, blobs: 1, neededBytes: 0 };
  const kept = { dryRun: true, restores: [], freedBytes: 0 };
  const collection = {
    ...{ dryRun: true, kept, versions: 3, elsewhere: [], retiredBytes: 0, freedBytes: 500, undone: false },
    groups: [
      { ...group, fate: 'dead' as const, bytes: 2_000_000 },
      { ...group, fate: 'sparse' as const, bytes: 1_000_000, neededBytes: 400_000 },
      { ...group, fate: 'live' as const, bytes: 9_000_000, neededBytes: 9_000_000 },
      { ...group, fate: 'young' as const, bytes: 70_000 },
    ],
  };
  expect(sayCollection(collection)).toEqual({
    bytes: 2_600_500,
    detail: [
      'All bytes of the 3 versions stay that the list, a pointer, or a branch or tag of Git names.',
      '2.60 MB that none of them needs go into the trash. They leave the disk the next time, a day later or more.',
      '500 bytes leave the trash and the disk now.',
      '70.0 kB are younger than a day and stay.',
    ].join('\n'),
  });
  expect(sayFreed({ ...collection, retiredBytes: 2_600_000 })).toBe(
    '500 bytes have left the disk. 2.60 MB are in the trash, for a day at least.',
  );
  expect(sayFreed({ ...collection, freedBytes: 0, retiredBytes: 9 })).toBe(
    '9 bytes are in the trash, for a day at least.',
  );
  expect(sayFreed({ ...collection, undone: true, freedBytes: 0 })).toContain('Try it again');
});

test('a collection tells what restores have kept too: what is old goes with the rest, what is young stays', () => {
  const nothing = {
    dryRun: true,
    versions: 1,
    elsewhere: [],
    groups: [],
    retiredBytes: 0,
    freedBytes: 0,
    undone: false,
  };
  const restores = [restoreOf({ fate: 'due' }), restoreOf({ bytes: 500 }), restoreOf({ bytes: 500, fate: 'undoable' })];
  const { bytes, detail } = sayCollection({ ...nothing, kept: { dryRun: true, restores, freedBytes: 0 } });
  expect(bytes).toBe(3_000_000);
  expect(detail.split('\n').slice(1)).toEqual([
    '3.00 MB that restores replaced long ago leave the disk now, for good.',
    '1.00 kB that restores replaced lately stay, so that they can be undone.',
  ]);
  expect(sayFreed({ ...nothing, kept: { dryRun: false, restores, freedBytes: 3_000_000 } })).toBe(
    '3.00 MB have left the disk.',
  );
});

test('what restores have kept is listed before all of it is removed, the newest first', () => {
  const restores = Array.from({ length: 10 }, (_, at) =>
    restoreOf({ at: at * DAY_MS, path: at === 9 ? null : 'a.csv' }),
  );
  const { question, detail } = sayKept({ dryRun: true, restores, freedBytes: 0 }, 9 * DAY_MS + 3 * 3_600_000);
  expect(question).toBe('Remove 30.0 MB that restores have replaced?');
  const lines = detail.split('\n');
  expect(lines.slice(2, 4)).toEqual(['3 h ago: 2 files, 3.00 MB (3/17.png, …)', '27 h ago: 2 files, 3.00 MB (a.csv)']);
  expect(lines.at(-1)).toBe('… and 2 more');
});

const packs = (count: number, bytes: number) => ({ packs: count, bytes });
const inRemote = (more: Partial<RemoteCollection>): RemoteCollection => ({
  ...{ dryRun: true, versions: 3, needed: packs(4, 45_000_000), waiting: packs(0, 0), noted: packs(0, 0) },
  ...{ nextAt: null, rewritten: packs(0, 0), removed: packs(0, 0), leftovers: 0 },
  ...more,
});
const storage = { name: 'storage', url: '/mnt/share' };

test('a collection in a remote asks for what it would do now: remove, mark, or nothing yet', () => {
  const ask = (more: Partial<RemoteCollection>) => sayRemoteCollection(inRemote(more), storage, 1_000_000);
  const stay = '/mnt/share lists 3 versions; 45.0 MB in 4 packs that these need stay.';
  expect(ask({})).toEqual({ question: 'There is nothing to free in storage now.', action: null, detail: stay });
  const rewritten = ask({ rewritten: packs(2, 3_000_000) }).detail;
  expect(rewritten).toContain('3.00 MB that they need of 2 packs, little of each, move into new ones.');
  const waiting = { waiting: packs(2, 3_000_000), nextAt: 1_000_000 + DAY_MS };
  expect(ask({ ...waiting, noted: packs(2, 3_000_000) })).toEqual({
    question: 'Mark 3.00 MB in storage for removal?',
    action: 'Mark',
    detail: `${stay}\n3.00 MB in 2 packs that none needs are marked. Free Space on Remote removes them a day later, if none needs them by then.\nNothing is removed now.`,
  });
  expect(ask(waiting)).toEqual({
    question: 'There is nothing to free in storage now.',
    action: null,
    detail: `${stay} 3.00 MB in 2 packs that none needs are marked, and can be removed in 24 h 0 min.`,
  });
  expect(ask({ removed: packs(1, 2_000), leftovers: 1 })).toEqual({
    question: 'Free 2.00 kB in storage?',
    action: 'Free Space',
    detail: [
      stay,
      '2.00 kB in 1 pack that none of them has needed for a day go for good.',
      '1 upload that broke off more than a day ago ends.',
    ].join('\n'),
  });
  expect(ask({ leftovers: 2 }).question).toBe('Free what broken uploads have left in storage?');
});

test('what a collection in a remote has done is said in bytes, with what comes later', () => {
  expect(sayRemoteFreed(inRemote({ removed: packs(1, 2_000), leftovers: 1, waiting: packs(1, 500) }), 'storage')).toBe(
    '2.00 kB in 1 pack have left storage. 1 broken upload was ended. 500 bytes in 1 pack are marked: Free Space on Remote removes them a day later.',
  );
});

test('a version is let go of after a question that says what follows, here and on a remote', () => {
  const named = sayForget(dataset(2), true);
  expect(named.question).toBe('Forget images@v2?');
  expect(named.detail).toMatch(/^100 files, 11\.3 MB\.[^]*A pointer in Git or on disk still names it: its bytes stay/);
  expect(sayForget(dataset(2), false).detail).toContain(
    'Free Space of Old Data then removes what only this version needs',
  );
  const there = sayForgetRemote(dataset(2), { ...storage, chosen: true }, true);
  expect(there.question).toBe('Remove images@v2 from storage?');
  expect(there.detail).toMatch(
    /in \/mnt\/share\. It leaves the list there: nobody can pull it[^]*who checks that out then lacks the data/,
  );
});

test('branches whose data differs stand first, with the versions that they have', () => {
  const branch = { name: 'feature', remote: false, author: 'Ana', committedAt: 1_000_000 };
  const data = { path: 'data/images', version: 4, ours: 3, equal: false };
  const other = { path: 'data/patients.csv', version: null, ours: 1, equal: false };
  const items = branchItems(
    [
      { ...branch, data: [{ ...data, equal: true }] },
      { ...branch, name: 'origin/far', remote: true, data: [data, other] },
    ],
    1_000_000 + 3_600_000,
  );
  expect(items).toEqual([
    {
      branch: 'origin/far',
      label: '$(cloud) origin/far',
      description: '1 h ago by Ana',
      detail: 'images@v4 (here v3), patients.csv (a version that is not here)',
    },
    expect.objectContaining({ label: '$(git-branch) feature', detail: 'The same data as here' }),
  ]);
  const [many] = branchItems([{ ...branch, data: Array.from({ length: 7 }, () => data) }], 0);
  expect(many?.detail).toMatch(/images@v4 \(here v3\) and 3 more$/);
});

test('damage of the store is said by the files that it harms, and a repair by what it brought', () => {
  const damage = { pack: 'a', part: 'pack' as const, blob: null, why: 'x' };
  const file = { version: 'images@v3', path: '3/17.png', files: 1 };
  const check = { packs: 2, blobs: 1_200, bytes: 45_000_000, damage: [], files: [], repaired: null };
  expect([isWhole(check), sayWhole(check)]).toEqual([true, 'All stored data is whole: 1,200 pieces, 45.0 MB read.']);
  const broken = { ...check, damage: [damage], files: [file, { ...file, path: 'all', files: 12 }] };
  expect(isWhole(broken)).toBe(false);
  expect(sayDamage(broken).title).toBe('1 place of the stored data is damaged.');
  expect(sayDamage(broken).detail).toMatch(
    /^images@v3: 3\/17\.png cannot be read\nimages@v3: all and 11 others cannot/,
  );
  const everywhere = ['images@v1', 'more@v7', 'images@v2'].map((version) => ({ ...file, version }));
  expect(sayDamage({ ...broken, files: everywhere }).detail).toMatch(
    /^images@v1, v2: 3\/17\.png cannot be read\nmore@v7: 3\/17\.png cannot be read\n\n/,
  );
  const repaired = { ...broken, files: [], repaired: { indexes: 0, blobs: 1, packs: 1, lost: 0 } };
  expect(sayRepaired(repaired)).toEqual({ lost: false, text: 'The stored data is whole again: 1 piece brought back.' });
  const lost = sayRepaired({ ...repaired, files: [file], repaired: { indexes: 0, blobs: 0, packs: 0, lost: 2 } });
  expect(lost).toEqual({
    lost: true,
    text: '2 pieces of the stored data could be found nowhere. images@v3: 3/17.png cannot be read.',
  });
});

test('what is broken stands first in the report on quality, with examples', () => {
  const verdict = {
    ...{
      index: 0,
      rule: 'age is 0 to 120',
      column: 'age',
      passed: true,
      onFail: 'block' as const,
      sentence: 'All hold.',
    },
    ...{ count: 0, of: 600, examples: [], place: { file: 'config/training.yaml' } },
  };
  const broken = {
    ...verdict,
    passed: false,
    sentence: 'Some do not.',
    count: 2,
    examples: [{ at: 'row 17', value: 'a|b' }],
  };
  const check = { configuration: 'config/training.yaml', data: 'data/a.csv', state: 'disk', rows: 600, files: 1 };
  const text = qualityText([{ ...check, blocked: true, verdicts: [verdict, broken] }]);
  expect(text).toContain('# Data quality: 1 of 2 conditions hold');
  expect(text).toContain('**A run on this data is held.**');
  expect(text.indexOf('✗ blocks')).toBeLessThan(text.indexOf('✓ holds'));
  expect(text).toContain('Some do not. (2 of 600) | row 17: a\\|b |');
  expect(conditionOf('data.checks[1]: age is 0 to 120. Some do not.')).toEqual({
    index: 1,
    text: 'age is 0 to 120. Some do not.',
  });
  expect(conditionOf('accuracy is 0.9')).toBeNull();
  expect(sayBroken(broken, 'disk')).toBe('age is 0 to 120. On disk: Some do not.');
});

test('a transfer is said with its bytes, and where replaced files are', () => {
  const transfer = { versions: 2, bytes: 45_000_000, objects: 3 };
  expect(sayTransfer(transfer, 'storage')).toBe('2 versions, 45.0 MB, pushed to storage');
  expect(sayTransfer({ ...transfer, versions: 0 }, 'storage')).toBe('storage had everything');
  const restored = { written: 3, removed: 0, kept: '.trainyard/kept/1' };
  const refused = null;
  expect(sayPulled([{ dataset: dataset(4), transfer, restored, refused }], 'storage')).toBe(
    'From storage: images@v4 (45.0 MB, 3 files written). What was replaced is kept in .trainyard/kept/1.',
  );
  const here = {
    dataset: dataset(1),
    transfer: { ...transfer, bytes: 0 },
    restored: { ...restored, written: 0, kept: null },
    refused,
  };
  expect(sayPulled([here, { ...here, dataset: dataset(4), restored }], 'storage')).toMatch(
    /^From storage: images@v4 \(3 files written\)\. What was replaced/,
  );
  expect(sayFetched([here, { ...here, transfer }], 'storage', [dataset(1), dataset(5)])).toBe(
    'From storage: images@v1 (45.0 MB), images@v5.',
  );
  expect(sayFetched([here], 'storage', [])).toBe('storage has nothing that is not here.');
  for (const nothing of [[], [here], [{ ...here, restored: null }]])
    expect(sayPulled(nothing, 'storage')).toBe('storage has nothing that is not here.');
  expect(sayPulled([{ ...here, restored: null, refused: 'It holds 1 changed file.' }], 'storage')).toBe(
    'storage has nothing that is not here. data/images was left as it is.',
  );
});
