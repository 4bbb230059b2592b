import { expect, test } from 'vitest';
import { collectDatasets, type DataNotes } from '../../../../extension/data/rows.ts';
import { emptyProject } from '../../../../extension/sidecar/project.ts';
import { dataset, dataState } from '../sample.ts';

const DAY_MS = 86_400_000;
const versions = [dataset(1), dataset(2, { files: 2410, bytes: 12_500_000, createdAt: 1_000_000 + DAY_MS })];
const now = 1_000_000 + 3 * DAY_MS;
const nothing: DataNotes = { states: new Map(), remotes: new Map(), tracked: [] };
const rowsOf = (...states: [string, ReturnType<typeof dataState>][]) =>
  collectDatasets({ ...emptyProject, datasets: versions }, { ...nothing, states: new Map(states) }, now);

test('a data set tells its newest version, and each version its size, what it added, by whom and when', () => {
  const [row] = rowsOf();
  expect(row?.description).toBe('v2 · data/images');
  expect(row?.children.map(({ label, description }) => `${label} ${description}`)).toEqual([
    'v2 2,410 files · 12.5 MB · ana · 2 d · +2,310 files · +1.20 MB',
    'v1 100 files · 11.3 MB · ana · 3 d',
  ]);
});

test('a data set that differs on disk says how much, in words too, and offers other commands', () => {
  const [row] = rowsOf(['data/images', dataState({ kind: 'changed', version: 2, added: 1, changed: 2 })]);
  expect(row?.description).toBe('v2 · 3 changed · data/images');
  expect(row?.context).toBe('dataset.changed');
  expect(row?.tooltip).toBe('What lies on disk differs from images@v2: 1 file added, 2 files changed.');
  expect(row?.spoken).toBe('data set images, 2 versions, 3 changed, at data/images');
});

test('a pointer that names an older version is told, and that version is marked', () => {
  const [row] = rowsOf(['data/images', dataState({ version: 1 })]);
  expect(row?.description).toBe('v2 · pointer names v1 · data/images');
  expect(row?.children.map(({ icon }) => icon.name)).toEqual(['archive', 'check']);
  expect(row?.children[1]?.spoken).toContain('named by the pointer');
});

test('data that is not on disk is told so; an unknown state says nothing', () => {
  const [absent] = rowsOf(['data/images', dataState({ kind: 'absent', version: 2 })]);
  expect(absent?.description).toBe('v2 · not on disk · data/images');
  expect(absent?.context).toBe('dataset.absent');
  expect(rowsOf()[0]?.tooltip).toBeNull();
});

test('a click on a version shows what it changed; the first has nothing before it', () => {
  const clicks = rowsOf()[0]?.children.map(({ click, context }) => [click?.command ?? null, context]);
  expect(clicks).toEqual([
    ['trainyard.diffDataWithPrevious', 'dataVersion.later'],
    [null, 'dataVersion'],
  ]);
});

test('two data sets of one name at two paths are two rows', () => {
  const other = dataset(1, { path: 'more/images', pointer: 'more/images.dvc' });
  const rows = collectDatasets({ ...emptyProject, datasets: [...versions, other] }, nothing, now);
  expect(rows.map(({ id }) => id)).toEqual(['dataset/data/images', 'dataset/more/images']);
});

test('what a remote lacks or has more is told, once it was asked', () => {
  const remotes = new Map([['data/images', { remote: 'storage', here: 2, there: 1 }]]);
  const [row] = collectDatasets({ ...emptyProject, datasets: versions }, { ...nothing, remotes }, now);
  expect(row?.description).toBe('v2 · 2 not pushed · 1 to fetch · data/images');
  expect(row?.spoken).toContain('2 not pushed');
});

test('data that only DVC has versioned stands among the others, and is taken up from its row', () => {
  const tracked = {
    ...{ path: 'raw/scans', file: 'raw/scans.dvc', kind: 'data' as const, stage: null, type: 'folder' as const },
    ...{ md5: null, legacy: false, files: 1200, bytes: 45_000_000, version: null, found: 'elsewhere' as const },
  };
  const known = { ...tracked, path: 'data/images' };
  const notes = { ...nothing, tracked: [tracked, known] };
  const rows = collectDatasets({ ...emptyProject, datasets: versions }, notes, now);
  expect(rows.map(({ label }) => label)).toEqual(['images', 'scans']);
  expect(rows[1]).toMatchObject({
    description: 'by DVC · 1,200 files · 45.0 MB · not pulled · raw/scans',
    context: 'trackedData',
    subject: { kind: 'trackedData', path: 'raw/scans' },
  });
});
