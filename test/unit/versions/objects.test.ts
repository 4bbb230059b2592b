import { appendFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import { sha256Of } from '../../../sidecar/versions/hash.ts';
import { createObjects } from '../../../sidecar/versions/objects.ts';
import { freshFolder } from './fresh-folder.ts';

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

test('many small objects share one pack, and another reader finds them without being opened anew', () => {
  const folder = freshFolder();
  const reader = createObjects(folder);
  const bytes = Array.from({ length: 300 }, (_, at) => Buffer.from(`object ${at} ${'x'.repeat(at * 20)}`));
  expect(reader.has(sha256Of(bytes[0]!))).toBe(false);
  for (const half of [bytes.slice(0, 150), bytes.slice(150)]) {
    const pack = createObjects(folder).openPack();
    for (const one of half) pack.put(sha256Of(one), one);
    expect(reader.has(sha256Of(half[0]!))).toBe(false);
    pack.commit();
    for (const one of half) expect(reader.get(sha256Of(one)).equals(one)).toBe(true);
  }
  expect(filesBelow(folder)).toHaveLength(4);
});

test('a pack that is given up leaves nothing behind', () => {
  const folder = freshFolder();
  const pack = createObjects(folder).openPack();
  for (let at = 0; at < 3; at++) pack.put(sha256Of(`${at}`), Buffer.alloc(1 << 20, at));
  pack.discard();
  expect(filesBelow(folder)).toEqual([]);
});

test('a stream of any length is stored in pieces and named by both hashes', () => {
  const objects = createObjects(freshFolder());
  const pieces = Array.from({ length: 40 }, (_, at) => Buffer.alloc(100_000, at));
  const stored = objects.putStream(pieces);
  expect(stored.bytes).toBe(4_000_000);
  expect(stored.sha256).toBe(sha256Of(Buffer.concat(pieces)));
  expect(Buffer.concat([...objects.pieces(stored.sha256)]).equals(Buffer.concat(pieces))).toBe(true);
});

test('a stream that breaks off leaves nothing behind', () => {
  const folder = freshFolder();
  const broken = function* () {
    yield Buffer.from('half');
    throw new Error('the disk is gone');
  };
  expect(() => createObjects(folder).putStream(broken())).toThrow('the disk is gone');
  expect(filesBelow(folder)).toEqual([]);
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
    expect(() => [...objects.pieces(hash)]).toThrow(expect.objectContaining({ code: 'store-damaged' }));
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

test('a damaged pack index hides its pack and nothing else', () => {
  const folder = freshFolder();
  const put = (from: number) => {
    const pack = createObjects(folder).openPack();
    for (let at = from; at < from + 10; at++) pack.put(sha256Of(`${at}`), Buffer.from(`${at}`));
    pack.commit();
  };
  put(0);
  const index = filesBelow(folder).find((file) => file.endsWith('.index'));
  put(100);
  appendFileSync(index!, 'x');
  const objects = createObjects(folder);
  expect(objects.has(sha256Of('5'))).toBe(false);
  expect(objects.get(sha256Of('105')).toString()).toBe('105');
});
