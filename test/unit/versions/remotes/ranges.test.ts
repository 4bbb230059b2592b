import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinRanges, type Span } from '../../../../sidecar/versions/remotes/ranges.ts';

const spans = fc
  .array(fc.record({ before: fc.nat(2_000), bytes: fc.integer({ min: 0, max: 3_000 }) }), { maxLength: 60 })
  .map((steps) => {
    let at = 0;
    return steps.map(({ before, bytes }): Span => {
      const start = at + before;
      at = start + bytes;
      return { start, end: at };
    });
  });

const limits = fc.record({
  gap: fc.nat(2_000),
  longest: fc.integer({ min: 1, max: 8_000 }),
  most: fc.integer({ min: 1, max: 20 }),
});

test('every part is read once, within its range, in order', () => {
  fc.assert(
    fc.property(spans, limits, (parts, { gap, longest, most }) => {
      const ranges = [...joinRanges(parts, { gap, longest, most })];
      expect(ranges.flatMap((range) => range.parts)).toEqual(parts);
      for (const range of ranges) {
        expect(range.start).toBe(range.parts[0]?.start);
        expect(range.end).toBe(range.parts.at(-1)?.end);
        expect(range.end - range.start <= longest || range.parts.length === 1).toBe(true);
        expect(range.parts.length).toBeLessThanOrEqual(most);
        for (const [at, part] of range.parts.entries())
          expect(part.start - (range.parts[at - 1]?.end ?? part.start)).toBeLessThanOrEqual(gap);
      }
    }),
  );
});

test('what could be read by one request is not read by two', () => {
  fc.assert(
    fc.property(spans, limits, (parts, { gap, longest, most }) => {
      const ranges = [...joinRanges(parts, { gap, longest, most })];
      for (const [at, range] of ranges.entries()) {
        const first = ranges[at + 1]?.parts[0];
        if (first === undefined) continue;
        const isFar = first.start - range.end > gap || first.end - range.start > longest;
        expect(isFar || range.parts.length === most).toBe(true);
      }
    }),
  );
});
