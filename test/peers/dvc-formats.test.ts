import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { formatDirListing, hashDirListing } from '../../sidecar/versions/dvc/dir-listing.ts';
import { yamlScalar } from '../../sidecar/versions/dvc/yaml-scalar.ts';
import { parsePointer } from '../../sidecar/versions/dvc/pointer.ts';
import { comparePaths } from '../../sidecar/versions/tree/path-order.ts';
import { installPeer } from '../../tools/peers/install.ts';

let python: string;
beforeAll(async () => {
  python = await installPeer('dvc');
});

interface Written {
  readonly pointers: readonly (readonly [text: string, readsBack: boolean])[];
  readonly listings: readonly { readonly oid: string; readonly json: string }[];
}

const askDvc = (given: { names?: string[]; listings?: string[][] }): Written => {
  const input = JSON.stringify({ names: [], listings: [], ...given });
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'dvc-formats.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Written;
};

/** Of the same seed as all property tests. */
const sample = <Value>(arbitrary: fc.Arbitrary<Value>, count: number): Value[] => fc.sample(arbitrary, count);

const nasty = fc.constantFrom(
  ...Array.from('ab \t\n"\'\\#:-?[]{}&*!%@,|>~=.0123é\u0085\u00a0\u2028\u2029\ufeff\uffee\u{1f600}\u007f\u0001日'),
);
const nameOf = (letters: fc.Arbitrary<string>, longest: number) =>
  fc.string({ unit: letters, minLength: 1, maxLength: longest }).filter((name) => !/^\.{1,2}$/.test(name));

test('a name is written into a pointer as DVC writes it, wherever DVC can read that again; else so that it can', () => {
  const words = fc.constantFrom(...Array.from('abc   \'"'));
  const names = [
    ...sample(nameOf(nasty, 40), 2000),
    ...sample(nameOf(nasty, 200), 1000),
    ...sample(nameOf(words, 250), 1000),
    ...['null', '1', '1e5', '0x1f', '2024-01-01', 'No', '~', '1_000', 'x'.repeat(300), '日本 '.repeat(60)],
  ];
  const { pointers } = askDvc({ names });
  const odd = /[\u0085\u2028\u2029]/;
  const ours = names.map(
    (name) => `outs:\n- md5: '${'1'.repeat(32)}'\n  hash: md5\n  path:${yamlScalar(name, { column: 7, indent: 4 })}\n`,
  );
  for (const [at, name] of names.entries()) {
    const [theirs, readsBack] = pointers[at] ?? ['', false];
    if (readsBack && !odd.test(name)) expect(ours[at]).toBe(theirs);
    expect(parsePointer(ours[at] ?? '', 'x.dvc').outputs[0]?.path).toBe(name.replace(/\/+$/, ''));
  }
  expect(pointers.filter(([, readsBack]) => readsBack).length).toBeGreaterThan(3000);
});

test('300 lists of nasty names have the listing and the MD5 that DVC gives them', () => {
  const path = fc.array(nameOf(nasty, 12), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const list = fc
    .uniqueArray(path, { minLength: 0, maxLength: 30 })
    .map((paths) => paths.filter((name) => !paths.some((other) => other.startsWith(`${name}/`))));
  const listings = sample(list, 300);
  const { listings: theirs } = askDvc({ listings });
  for (const [at, paths] of listings.entries()) {
    const entries = [...paths]
      .sort(comparePaths)
      .map((name) => ({ path: name, md5: '5d41402abc4b2a76b9719d911017c592' }));
    expect([...formatDirListing(entries)].join('')).toBe(theirs[at]?.json);
    expect(hashDirListing(entries)).toBe(theirs[at]?.oid);
  }
});
