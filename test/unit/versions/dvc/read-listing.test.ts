import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cachePath } from '../../../../sidecar/versions/dvc/cache.ts';
import { formatDirListing, type DirEntry } from '../../../../sidecar/versions/dvc/dir-listing.ts';
import { startDvcHash } from '../../../../sidecar/versions/dvc/dvc-hash.ts';
import { readListing } from '../../../../sidecar/versions/dvc/read-listing.ts';
import { comparePaths } from '../../../../sidecar/versions/tree/path-order.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';

const md5Of = (text: string) => createHash('md5').update(text).digest('hex');

/** Puts a listing into a cache and reads it. */
const readBack = (text: string, named = text): DirEntry[] => {
  const cache = freshFolder();
  const md5 = `${md5Of(named)}.dir`;
  const path = cachePath(cache, md5, 'md5');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return [...readListing(cache, md5, 'md5')];
};

const md5 = '5d41402abc4b2a76b9719d911017c592';
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

test('a listing that was written is read back, whatever the names are', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .filter((text) => !/[/\0]|^\.{1,2}$|\p{Cs}/u.test(text));
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 20 }), (paths) => {
      const entries = paths.sort(comparePaths).map((one) => ({ path: one, md5 }));
      expect(readBack([...formatDirListing(entries)].join(''))).toEqual(entries);
    }),
    { numRuns: 50 },
  );
});

test('of a listing of many megabytes no entry is lost where the pieces end', () => {
  const entries = Array.from({ length: 60_000 }, (_, at) => ({ path: `${String(at).padStart(6, '0')} "{}\\ é`, md5 }));
  const text = [...formatDirListing(entries)].join('');
  expect(text.length).toBeGreaterThan(4 << 20);
  expect(readBack(text)).toEqual(entries);
});

test('entries in another order are put in order; compact JSON is read', () => {
  const text = JSON.stringify([
    { relpath: 'b', md5 },
    { relpath: 'a', md5 },
  ]);
  expect(readBack(text)).toEqual([
    { path: 'a', md5 },
    { path: 'b', md5 },
  ]);
});

test.each<[string, string, RegExp]>([
  [`[{"md5": "${md5}", "relpath": "../x"}]`, 'pointer-unreadable', /leads out of its folder/],
  [`[{"md5": "${md5}", "relpath": "/x"}]`, 'pointer-unreadable', /leads out of its folder/],
  [`[{"md5": "${md5}.dir", "relpath": "x"}]`, 'pointer-unreadable', /an entry is wrong/],
  [`[{"md5": "${md5}", "relpath": "x"}, {"md5": "${md5}", "relpath": "x"}]`, 'pointer-unreadable', /names x twice/],
  [`[{"md5": "${md5}", "relpath": "x"`, 'pointer-unreadable', /ends in the middle/],
  [`[{"md5": x}]`, 'pointer-unreadable', /cannot be read/],
])('%s is refused', (text, code, message) => {
  expect(() => readBack(text)).toThrow(refusal(code, message));
});

test('a listing whose bytes are not those of its name is damaged', () => {
  const text = `[{"md5": "${md5}", "relpath": "x"}]`;
  expect(() => readBack(text.replace('x"', 'y"'), text)).toThrow(refusal('version-damaged', /is damaged/));
});

test('DVC 2 forgot the line ends of Windows in text, not in binary files, and not where a piece ends', () => {
  const hash = (...pieces: string[]) => {
    const running = startDvcHash('md5-dos2unix');
    for (const piece of pieces) running.update(Buffer.from(piece, 'latin1'));
    return running.digest();
  };
  expect(hash('a\r\nb\r')).toBe(md5Of('a\nb\r'));
  expect(hash('a\r\n\0')).toBe(md5Of('a\r\n\0'));
  expect(hash('a\r', '\nb')).toBe(md5Of('a\r\nb'));
  expect(hash(`${'\u00ff'.repeat(200)}${'a'.repeat(312)}\r\n`)).toBe(
    createHash('md5')
      .update(Buffer.from(`${'\u00ff'.repeat(200)}${'a'.repeat(312)}\r\n`, 'latin1'))
      .digest('hex'),
  );
});
