import type { Assembly } from '../assembly.ts';
import { intAttribute } from '../attributes.ts';
import { dimAt, sizeOf } from '../model.ts';
import type { BlockedValues } from './values.ts';

/** Grids `[N, C, H/s, W/s]` to `[N, C, H, W]`: pixels of a row one behind the other, then rows. */
export const interleave = (
  assembly: Assembly,
  { block, addPlain }: BlockedValues,
  grids: readonly (readonly string[])[],
  shapeX: readonly number[],
): string => {
  const [first] = grids[0] ?? [];
  if (grids.length === 1 && grids[0]?.length === 1 && first !== undefined) return first;
  const shaped = (value: string, shape: readonly number[]) => addPlain('Reshape', [value, assembly.ints(shape)]);
  const [rows, columns] = [grids.length, grids[0]?.length ?? 1];
  const cells = sizeOf(shapeX) / block;
  const join = (values: readonly string[]) =>
    values.length === 1 ? (values[0] ?? '') : addPlain('Concat', values, { axis: intAttribute(1) });
  const width = dimAt(shapeX, 3) * block;
  const wholeRows = grids.map((grid) => {
    const pixels = grid.map((value) => shaped(value, [cells / rows / columns, block]));
    return shaped(join(pixels), [cells / rows / dimAt(shapeX, 3), width]);
  });
  return shaped(join(wholeRows), shapeX);
};
