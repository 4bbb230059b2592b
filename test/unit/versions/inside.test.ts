import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveData } from '../../../sidecar/versions/inside.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'inside-')));
mkdirSync(join(root, 'data/raw'), { recursive: true });
symlinkSync(tmpdir(), join(root, 'data/away'));

test('data is known by its tidied path and where it really lies', () => {
  expect(resolveData(root, './data//raw/')).toEqual({ path: 'data/raw', absolute: join(root, 'data/raw') });
});

test.each([
  ['data/none', 'dataset-missing'],
  ['a\0b', 'dataset-missing'],
  ['n'.repeat(5000), 'dataset-missing'],
  ['..', 'outside'],
  ['.', 'the whole workspace'],
  ['data/away', 'a link that leads out'],
])('%j is refused with its reason', (path, reason) => {
  expect(() => resolveData(root, path)).toThrow(
    reason === 'dataset-missing' ? expect.objectContaining({ code: reason }) : new RegExp(reason),
  );
});
