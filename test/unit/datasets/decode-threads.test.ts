import { expect, test } from 'vitest';
import { entryPath } from '../../../sidecar/work/entry.ts';
import { greyPng, rowsOf, workspaceWith } from './workspace.ts';

const decoder = entryPath('decoder');

/** More pictures than are decoded without threads. */
const many = (broken: number | null = null) =>
  Object.fromEntries(
    Array.from({ length: 1200 }, (_, at): [string, Uint8Array] => [
      `data/${['cat', 'dog'][at % 2]!}/${at}.png`,
      at === broken
        ? greyPng(7).subarray(0, 40)
        : greyPng(Array.from({ length: 16 }, (_value, pixel) => (at + pixel * 11) % 256)),
    ]),
  );

test('pictures that threads decode are the same rows, in the same order', async () => {
  const [alone, threads] = [workspaceWith(many()), workspaceWith(many(), { decoder })];
  const [first, second] = [await alone.featurize('data'), await threads.featurize('data')];
  expect(second.features).toEqual(first.features);
  for (const part of ['train', 'validation', 'test'] as const)
    expect(rowsOf(second, part)).toEqual(rowsOf(first, part));
});

test('a picture that a thread cannot read is refused by its name', async () => {
  await expect(workspaceWith(many(777), { decoder }).featurize('data')).rejects.toMatchObject({
    code: 'dataset-unreadable',
    message: expect.stringMatching(/data\/dog\/777\.png cannot be read: it is a damaged PNG/) as string,
  });
});
