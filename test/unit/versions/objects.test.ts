import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import { sha256Of } from '../../../sidecar/versions/hash.ts';
import { createObjects } from '../../../sidecar/versions/objects.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('what is put comes back by its SHA-256, and equal bytes are stored once', () => {
  const folder = freshFolder();
  const objects = createObjects(folder);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const hash = objects.put(bytes);
      expect(hash).toBe(sha256Of(bytes));
      expect(Buffer.compare(objects.get(hash), bytes)).toBe(0);
      const before = filesBelow(folder).length;
      objects.put(bytes);
      expect(filesBelow(folder)).toHaveLength(before);
    }),
    { numRuns: 50 },
  );
});

test('every flipped or missing byte of an object is found', () => {
  const folder = freshFolder();
  const objects = createObjects(folder);
  const hash = objects.put(Buffer.from('the bytes that count'));
  const [file] = filesBelow(folder);
  const whole = readFileSync(file!);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1;
    writeFileSync(file!, damaged);
    expect(() => objects.get(hash)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  }
  truncateSync(file!, 3);
  expect(() => objects.get(hash)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  expect(objects.put(whole)).toBe(hash);
  expect(objects.get(hash).equals(whole)).toBe(true);
});

test('an object that was never stored is a fault with its name', () => {
  const objects = createObjects(freshFolder());
  expect(() => objects.get('ab'.repeat(32) as Hash)).toThrow(/abababababab is not in/);
});
