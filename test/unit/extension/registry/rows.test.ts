import { expect, test } from 'vitest';
import { collectModels } from '../../../../extension/registry/rows.ts';
import { emptyProject } from '../../../../extension/sidecar/project.ts';
import { model } from '../sample.ts';

test('a model tells where its aliases point, and its versions stand newest first', () => {
  const [row] = collectModels({ ...emptyProject, models: [model(7, { aliases: ['champion'] }), model(8)] });
  expect(row?.description).toBe('v7 ◆ champion');
  expect(row?.children.map(({ label }) => label)).toEqual(['v8', 'v7']);
  const [newest, champion] = row?.children ?? [];
  expect(newest?.description).toBe('accuracy 0.9874 ↑ · from r8');
  expect(champion?.context).toBe('version.champion');
  expect(champion?.spoken).toBe('digits version 7, champion, accuracy 0.9874 ↑, from run 7');
});

test('without models there is no row, so that the view can say so', () => {
  expect(collectModels(emptyProject)).toEqual([]);
});
