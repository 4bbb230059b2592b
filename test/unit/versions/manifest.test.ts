import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hash } from '../../../sidecar/contract/ids.ts';
import {
  comparePaths,
  formatManifest,
  hashManifest,
  parseManifest,
  type Manifest,
} from '../../../sidecar/versions/manifest.ts';

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed());
const file = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  size: fc.nat(),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => text as Hash),
  md5: fc.stringMatching(/^[0-9a-f]{32}$/),
  executable: fc.boolean(),
});
const manifests = fc.record({
  type: fc.constantFrom('file' as const, 'folder' as const),
  files: fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 8 }),
});
const sorted = (manifest: Manifest): Manifest => ({
  ...manifest,
  files: [...manifest.files].sort((a, b) => comparePaths(a.path, b.path)),
});

test('a manifest survives being written and read', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      expect(parseManifest(Buffer.from(formatManifest(manifest)))).toEqual(sorted(manifest));
    }),
  );
});

test('the order of files makes no difference, any other change does', () => {
  fc.assert(
    fc.property(manifests, manifests, fc.nat(), (a, b, turn) => {
      const turned = {
        ...a,
        files: [...a.files.slice(turn % (a.files.length + 1)), ...a.files.slice(0, turn % (a.files.length + 1))],
      };
      expect(hashManifest(turned)).toBe(hashManifest(a));
      expect(hashManifest(a) === hashManifest(b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
    }),
  );
});

test('paths are in the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      fc.pre(a.isWellFormed() && b.isWellFormed());
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(comparePaths('\u{1f600}', '\uffee')).toBeGreaterThan(0);
});

test.each(['../x', '/x', 'a//b', 'a/./b', 'a/../../b', '', 'a\0b'])(
  'a manifest that leads out of its folder is refused: %j',
  (path) => {
    const text = `{"manifest":1,"type":"folder"}\n${JSON.stringify({ path, size: 1, sha256: '0'.repeat(64), md5: '0'.repeat(32), executable: false })}\n`;
    expect(() => parseManifest(Buffer.from(text))).toThrow();
  },
);
