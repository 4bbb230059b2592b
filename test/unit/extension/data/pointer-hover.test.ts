import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesNamedAt, explainVersion, hoverCommands, versionsIn } from '../../../../extension/data/pointer-hover.ts';
import { formatPointer } from '../../../../sidecar/versions/dvc/write-pointer.ts';
import { dataset, dataState, hash, id } from '../sample.ts';

const md5 = `${'3f'.repeat(16)}.dir`;
const pointed = { version: hash('d'), type: 'folder' as const, files: 2, bytes: 9, executable: false, md5 };

test('the MD5 and our note of a pointer name the same version, and other lines name nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom('\n', '\r\n'), fc.constantFrom('data/images', 'data/ä b: c'), (end, path) => {
      const text = formatPointer(path, pointed).replaceAll('\n', end);
      const lines = text.split(end);
      const named = lines.map((_, line) => bytesNamedAt(text, line));
      const said = lines.flatMap((line, at) => {
        const one = named[at];
        return one === null || one === undefined ? [] : [[line.slice(one.start, one.end), one.version]];
      });
      expect(said).toEqual([
        [md5, pointed.version],
        [md5, pointed.version],
        [`b3:${pointed.version}`, pointed.version],
      ]);
    }),
  );
});

test('an MD5 that our note is not for, or that has none, names only itself', () => {
  const text = formatPointer('data/images', pointed);
  expect(versionsIn(text)).toEqual([pointed.version]);
  const stale = text.replace(md5, `${'aa'.repeat(16)}.dir`);
  expect(bytesNamedAt(stale, 1)).toMatchObject({ version: null });
  expect(bytesNamedAt(`outs:\n- path: a.csv\n  md5: "${'a'.repeat(32)}"\n`, 2)).toEqual({
    version: null,
    start: 8,
    end: 40,
  });
  fc.assert(fc.property(fc.string(), fc.nat(3), (any, line) => void bytesNamedAt(any, line)));
});

const now = 1_000_000 + 2 * 86_400_000;
const versions = [dataset(1), dataset(2, { code: { commit: 'abcdef1234', branch: 'main', dirty: true, patch: null } })];
const explained = (
  state: ReturnType<typeof dataState> | undefined,
  more: Partial<Parameters<typeof explainVersion>[0]> = {},
) => explainVersion({ version: versions[1]!, datasets: versions, state, use: { runs: [], models: [] }, now, ...more });

test('a version is told with its size, author, age, commit and runs, and with links to restore and compare it', () => {
  const use = { runs: [id('r12'), id('r3')], models: [{ name: 'digits', version: 7 }] };
  const text = explained(dataState({ kind: 'changed', version: 2, changed: 3 }), { use });
  expect(text.split('\n\n').map((part) => part.replaceAll('\\', ''))).toEqual([
    '**images@v2** 100 files · 11.3 MB · by ana · 2 d ago',
    'Versioned at commit `abcdef12` with changes on main.',
    'Used by 2 runs, for digits v7. The last was [r12](command:trainyard.openRun?%5B%22r12%22%5D).',
    'What lies on disk differs from images@v2: 3 files changed.',
    expect.stringMatching(/^\[Restore\][^ ]+ · \[Compare with disk\][^ ]+ · \[Compare with v1\]/),
  ]);
  const links = [...text.matchAll(/\(command:([\w.]+)\?([^)]*)\)/g)];
  expect(links.every(([, command]) => hoverCommands.some((known) => known === command))).toBe(true);
  const restored = links.find(([, command]) => command === 'trainyard.restoreData');
  expect(JSON.parse(decodeURIComponent(restored?.[2] ?? ''))).toEqual([versions[1]]);
});

test('a version that lies on disk is not offered to be restored, and an older one is', () => {
  expect(explained(dataState({ version: 2 }))).not.toContain('Restore');
  expect(explained(dataState({ version: 2 }))).toContain('No run has used it yet.');
  expect(explained(dataState({ version: 1 }))).toContain('[Restore]');
  expect(explained(undefined, { use: null })).not.toContain('No run');
});

test('a name that other people gave cannot become a link', () => {
  const name = '[x](command:workbench.action.quit)';
  const text = explained(undefined, { version: dataset(2, { name, author: '<b>*' }) });
  expect([...text.replaceAll(/\\./g, '').matchAll(/\]\(command:([\w.]+)/g)].map(([, command]) => command)).toEqual([
    'trainyard.restoreData',
    'trainyard.diffData',
    'trainyard.diffData',
  ]);
});
