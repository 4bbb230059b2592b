import { expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import { mergePointerTexts } from '../../../../sidecar/versions/branches/merge-pointers.ts';
import { openMergeStates, type MergeState } from '../../../../sidecar/versions/branches/merge-state.ts';
import { parsePointer } from '../../../../sidecar/versions/dvc/pointer.ts';
import { formatPointer, type PointedData } from '../../../../sidecar/versions/dvc/write-pointer.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const data = (digit: string): PointedData => ({
  version: digit.repeat(64) as Hash,
  type: 'folder',
  files: 2,
  bytes: 9,
  executable: false,
  md5: `${digit.repeat(32)}.dir`,
});
const [base, ours, theirs] = ['a', 'b', 'c'].map((digit) => formatPointer('d', data(digit))) as [
  string,
  string,
  string,
];
const merged = data('d');

test('the merged version is in the text, and what else one side has changed', () => {
  const commented = `# from the camera\n${theirs}`;
  const { text, conflicts } = mergePointerTexts({ base, ours, theirs: commented }, 'd', merged);
  expect({ text, conflicts }).toEqual({ text: `# from the camera\n${formatPointer('d', merged)}`, conflicts: 0 });
  expect(mergePointerTexts({ base, ours: commented, theirs }, 'd', merged).text).toBe(text);
});

test('what both have changed besides the data is a conflict, with the merged version on both sides', () => {
  const { text, conflicts } = mergePointerTexts(
    { base, ours: `# one\n${ours}`, theirs: `# two\n${theirs}` },
    'd',
    merged,
  );
  expect(conflicts).toBe(1);
  const [, left, right] = /^<{7} ours\n([^]*)={7}\n([^]*)>{7} theirs\n$/.exec(text) ?? [];
  for (const side of [left, right]) expect(parsePointer(side ?? '', 'd.dvc').outputs[0]?.version).toBe(merged.version);
});

test('versions in conflict leave both texts between marks', () => {
  expect(mergePointerTexts({ base, ours, theirs: theirs.trimEnd() }, 'd', null)).toEqual({
    text: `<<<<<<< ours\n${ours}=======\n${theirs}>>>>>>> theirs\n`,
    conflicts: 1,
  });
});

test('a merge that waits is found by its data set until it is removed', () => {
  const states = openMergeStates(freshFolder());
  const state: MergeState = {
    path: 'data/d',
    base: null,
    ours: data('a').version,
    theirs: data('b').version,
    suffix: 'feature',
    pointer: null,
    choices: { 'a.txt': 'both' },
  };
  states.save(state);
  states.save({ ...state, path: 'other' });
  expect(states.find('data/d')).toEqual(state);
  expect(states.list()).toHaveLength(2);
  states.remove('data/d');
  expect(states.find('data/d')).toBeNull();
});
