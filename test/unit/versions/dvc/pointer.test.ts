import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLockFile, stageFolders } from '../../../../sidecar/versions/dvc/lock-file.ts';
import { parsePointer } from '../../../../sidecar/versions/dvc/pointer.ts';
import { yamlScalar } from '../../../../sidecar/versions/dvc/yaml-scalar.ts';
import { parseYaml, valueOf } from '../../../../sidecar/versions/dvc/yaml.ts';

const md5 = '5d41402abc4b2a76b9719d911017c592';
const tree = 'cd'.repeat(32);

const noted = (belongsTo: string) =>
  parsePointer(
    `outs:\n- md5: ${md5}\n  hash: md5\n  path: t.csv\n  meta:\n    trainyard: {v: 1, for: ${belongsTo}, tree: b3:${tree}}\n`,
    'data/t.csv.dvc',
  ).outputs[0];

test('the note of our version counts as long as the MD5 is the one that it was written for', () => {
  expect(noted(md5)).toMatchObject({ path: 'data/t.csv', md5, version: tree });
  expect(noted(md5.replace('5', '6'))).toMatchObject({ path: 'data/t.csv', md5, version: null });
});

test('an import is known as one, with its data', () => {
  const text = `md5: ${md5}\nfrozen: true\ndeps:\n- path: d\n  repo:\n    url: https://x\n    rev_lock: abc\nouts:\n- md5: ${md5}.dir\n  size: 6\n  nfiles: 2\n  hash: md5\n  path: d\n`;
  expect(parsePointer(text, 'd.dvc')).toMatchObject({
    kind: 'import',
    outputs: [{ path: 'd', type: 'folder', files: 2, bytes: 6 }],
  });
});

test('all outputs of a pointer are read, each below the working folder that it says', () => {
  const { outputs } = parsePointer(`wdir: ../raw\nouts:\n- path: a\n- path: b/c/\n`, 'data/x.dvc');
  expect(outputs.map(({ path }) => path)).toEqual(['raw/a', 'raw/b/c']);
});

test('without `hash: md5` it is a hash of DVC 2, which is said', () => {
  expect(parsePointer(`outs:\n- md5: ${md5}\n  path: a\n`, 'a.dvc').outputs[0]?.hash).toBe('md5-dos2unix');
});

test('files of a version-aware bucket are listed in the pointer itself', () => {
  const text = `outs:\n- hash: md5\n  path: d\n  files:\n  - relpath: x/y\n    md5: ${md5}\n    size: 1\n    cloud:\n      m: {etag: e, version_id: v}\n`;
  expect(parsePointer(text, 'd.dvc').outputs[0]).toMatchObject({
    type: 'folder',
    md5: null,
    listed: [{ path: 'x/y', md5 }],
  });
});

test.each([
  ['outs:\n- md5: 5D41402ABC4B2A76B9719D911017C592\n  path: a\n', /outs\.0\.md5.*lower-case/],
  ['outs:\n- md5: x\n  path: a\n', /outs\.0\.md5/],
  ['outs:\n- path: ../../etc\n', /does not lie inside the workspace/],
  ['outs:\n- path: /etc\n', /does not lie inside the workspace/],
  ['outs: 3\n', /`outs`/],
  ['outs: [', /no YAML/],
  ['a: 1\n---\nb: 2\n', /no YAML/],
  ['<<<<<<< HEAD\nouts:\n=======\n>>>>>>> x\n', /no YAML/],
  [`outs: ${'['.repeat(300)}${']'.repeat(300)}\n`, /nested too deeply/],
])('%j is refused with the place of its fault', (text, reason) => {
  expect(() => parsePointer(text, 'd/a.dvc')).toThrow(
    expect.objectContaining({
      code: 'pointer-unreadable',
      message: expect.stringMatching(reason) as string,
      places: [expect.objectContaining({ file: 'd/a.dvc' })],
    }) as Error,
  );
});

test('a lock file gives what stages made, below the folder where each ran', () => {
  const pipeline = stageFolders(
    'stages:\n  prepare: {cmd: a, wdir: src}\n  train:\n    foreach: [1, 2]\n    do: {cmd: b, wdir: out}\n  odd: {cmd: c, wdir: "${x}"}\n',
    'dvc.yaml',
  );
  const out = (path: string) =>
    `    outs:\n    - path: ${path}\n      hash: md5\n      md5: ${md5}.dir\n      size: 4\n      nfiles: 2\n`;
  const text = `schema: '2.0'\nstages:\n  prepare:\n    cmd: a\n${out('p')}  train@1:\n    cmd: b\n${out('t')}  plain:\n    cmd: d\n${out('q')}  odd:\n    cmd: c\n${out('r')}`;
  expect(parseLockFile(text, 'sub/dvc.lock', pipeline).map(({ stage, path }) => [stage, path])).toEqual([
    ['prepare', 'sub/src/p'],
    ['train@1', 'sub/out/t'],
    ['plain', 'sub/q'],
  ]);
});

test('a lock file of DVC 1, which has no schema, is read too', () => {
  const text = `train:\n  cmd: b\n  outs:\n  - path: m.bin\n    md5: ${md5}\n    size: 3\n`;
  expect(parseLockFile(text, 'dvc.lock', () => '.')).toMatchObject([
    { stage: 'train', path: 'm.bin', hash: 'md5-dos2unix' },
  ]);
});

test('every text survives as a scalar', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      fc.pre(!/\p{Cs}/u.test(text));
      expect(valueOf(parseYaml(`k:${yamlScalar(text, { column: 2, indent: 2 })}\n`, 'x'))).toEqual({ k: text });
    }),
  );
});

test('words in long texts survive where lines are broken', () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from('ab"\'\\ :#\n\t')), minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      const text = words.join(' ');
      expect(valueOf(parseYaml(`k:${yamlScalar(text, { column: 2, indent: 2 })}\n`, 'x'))).toEqual({ k: text });
    }),
  );
});
