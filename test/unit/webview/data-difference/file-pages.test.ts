import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ComparedFile, FileChangeKind } from '../../../../sidecar/contract/data-difference.ts';
import { filePages } from '../../../../webview/data-difference/file-pages.ts';

const kinds: readonly FileChangeKind[] = ['added', 'changed', 'removed'];
const all: readonly ComparedFile[] = Array.from({ length: 1_500 }, (_, index) => ({
  change: kinds[index % 3]!,
  path: `${index}`,
  before: null,
  fromBytes: null,
  toBytes: 1,
}));
const of = (change: FileChangeKind | null) => all.filter((file) => change === null || file.change === change);

test('whatever is scrolled to is fetched, each page once, and what came first is not fetched at all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1_000 }),
      fc.array(fc.tuple(fc.constantFrom(null, ...kinds), fc.nat(1_500)), { maxLength: 12 }),
      async (given, looks) => {
        const fetched: string[] = [];
        const pages = filePages({
          first: all.slice(0, given),
          total: (change) => of(change).length,
          arrived: () => undefined,
          fetch: (change, offset, limit) => {
            fetched.push(`${change} ${offset}`);
            return Promise.resolve({ total: of(change).length, files: of(change).slice(offset, offset + limit) });
          },
        });
        for (const [change, at] of looks) pages.need(change, at, at + 32);
        await new Promise((resolve) => setImmediate(resolve));
        for (const [change, at] of looks) {
          for (let index = at; index < Math.min(at + 32, of(change).length); index += 1) {
            expect(pages.get(change, index)).toBe(of(change)[index]);
          }
          expect(pages.get(change, of(change).length)).toBeUndefined();
        }
        expect(new Set(fetched).size).toBe(fetched.length);
        if (given === 1_000 && looks.every(([change, at]) => change === null && at < 968)) expect(fetched).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
