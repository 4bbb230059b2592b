import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimate } from '../../../sidecar/runs/curves.ts';

const curve = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 3000 })
  .map((values) => values.map((value, step) => [step, value] as const));

test('no spike is ever lost: the extremes of a thinned curve are those of all its points', () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: 10, max: 400 }), (points, pixels) => {
      const thinned = decimate(points, pixels);
      const values = (list: readonly (readonly [number, number])[]) => list.map(([, value]) => value);
      expect(Math.max(...values(thinned))).toBe(Math.max(...values(points)));
      expect(Math.min(...values(thinned))).toBe(Math.min(...values(points)));
    }),
  );
});

test('a thinned curve has at most two points a pixel and both ends, in order', () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: 10, max: 400 }), (points, pixels) => {
      const thinned = decimate(points, pixels);
      expect(thinned.length).toBeLessThanOrEqual(pixels * 2 + 2);
      expect(thinned[0]).toEqual(points[0]);
      expect(thinned.at(-1)).toEqual(points.at(-1));
      expect(thinned.map(([step]) => step)).toEqual(thinned.map(([step]) => step).sort((a, b) => a - b));
    }),
  );
});
