import type { Assembly } from '../assembly.ts';
import { intsAttribute } from '../attributes.ts';
import type { Window } from '../shapes/windows.ts';

/** Everything about one Conv that its gradients need: X `[N, C, …]`, W `[O, C/group, …]`, dY `[N, O, …]`. */
export interface Convolution {
  readonly assembly: Assembly;
  readonly x: string;
  readonly w: string;
  readonly dy: string;
  readonly shapeX: readonly number[];
  readonly shapeW: readonly number[];
  readonly shapeY: readonly number[];
  readonly group: number;
  readonly window: Window;
}

/** The attributes that Conv and ConvTranspose share. */
export const windowAttributes = (
  strides: readonly number[],
  dilations: readonly number[],
  pads: readonly number[],
) => ({
  strides: intsAttribute(strides),
  dilations: intsAttribute(dilations),
  pads: intsAttribute(pads),
});

/** Axes 0 and 1 exchanged. */
export const exchange = (assembly: Assembly, value: string, rank: number): string =>
  assembly.add('Transpose', [value], {
    perm: intsAttribute([1, 0, ...Array.from({ length: rank - 2 }, (_, index) => index + 2)]),
  });
