import { expect, test } from 'vitest';
import { differenceText } from '../../../../extension/data/difference-text.ts';
import { collectDatasets } from '../../../../extension/data/rows.ts';
import { emptyProject } from '../../../../extension/sidecar/project.ts';
import { dataset } from '../sample.ts';

test('a data set tells its newest version, and each version what it added', () => {
  const [row] = collectDatasets({ ...emptyProject, datasets: [dataset(1), dataset(2, { files: 2410 })] }, 1_000_000);
  expect(row?.description).toBe('v2 · data/images');
  expect(row?.children.map(({ label, description }) => `${label} ${description}`)).toEqual([
    'v2 2,410 files · 11.3 MB · +2,310 files · now',
    'v1 100 files · 11.3 MB · now',
  ]);
});

test('a difference lists each file with its sign', () => {
  const files = [
    { path: 'a/1.png', change: 'added' as const, bytes: 1200 },
    { path: 'b.png', change: 'removed' as const, bytes: 3 },
  ];
  const text = differenceText('images', {
    from: 'v1',
    to: 'v2',
    added: 1,
    removed: 1,
    changed: 0,
    files,
    truncated: true,
  });
  expect(text).toContain('1 file added, 1 file removed, 0 files changed.');
  expect(text).toContain('+ a/1.png  (1.20 kB)');
  expect(text).toContain('− b.png');
  expect(text).toContain('these are the first 1,000');
});
