import type { Assembly } from '../assembly.ts';
import { intsAttribute } from '../attributes.ts';
import { dimAt } from '../model.ts';
import { interleave } from './interleave.ts';
import type { BlockedValues } from './values.ts';

interface Halving {
  readonly assembly: Assembly;
  readonly blocked: BlockedValues;
  readonly x: string;
  readonly y: string;
  /** `[N, C, H, W]` of x, with H and W even. */
  readonly shape: readonly number[];
}

const poolOf = (blocked: BlockedValues, x: string, kernel: readonly number[]): string =>
  blocked.add('MaxPool', [blocked.of(x)], { kernel_shape: intsAttribute(kernel), strides: intsAttribute([2, 2]) });

/** The largest of each two by two pixels. */
export const halveBlocked = ({ blocked, x, y, shape }: Halving): void =>
  blocked.declare(y, poolOf(blocked, x, [2, 2]), dimAt(shape, 1));

/**
 * dX: dY at the first largest pixel of each window. Where it lies follows from three smaller poolings, of the corner, the
 * upper row and the left column.
 */
export const halvingGradient = (halving: Halving, dy: string): string => {
  const { assembly, blocked, x, y, shape } = halving;
  const { addPlain, of } = blocked;
  const isLargest = (kernel: readonly number[]) => addPlain('Equal', [poolOf(blocked, x, kernel), of(y)]);
  const nothing = assembly.floats([0]);
  const where = (condition: string, yes: string, no: string) => addPlain('Where', [condition, yes, no]);
  const [corner, upper, left] = [isLargest([1, 1]), isLargest([1, 2]), isLargest([2, 1])];
  const [above, below] = [where(upper, of(dy), nothing), where(upper, nothing, of(dy))];
  const grids = [
    [where(corner, above, nothing), where(corner, nothing, above)],
    [where(left, below, nothing), where(left, nothing, below)],
  ];
  const value = assembly.name();
  blocked.declare(value, interleave(assembly, blocked, grids, shape), dimAt(shape, 1));
  return value;
};
