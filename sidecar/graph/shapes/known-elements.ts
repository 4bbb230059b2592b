import { sizeOf } from '../model.ts';
import type { Known } from './rule.ts';

/** Larger tensors are weights; nobody computes a shape from them. */
export const mostElements = 1024;

/** Row-major distance between neighbours along each axis. */
const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** The place along each axis of the element with this number. */
const placeOf = (index: number, shape: readonly number[]): readonly number[] =>
  stridesOf(shape).map((stride, axis) => Math.floor(index / stride) % (shape[axis] ?? 1));

/** The elements of a value of the given shape, each read from the source at the place that `from` says. */
export const rearranged = (
  source: Known,
  shape: readonly number[],
  from: (place: readonly number[]) => readonly number[],
): Pick<Known, 'elements'> => {
  const { elements, shape: given } = source;
  if (elements === undefined || sizeOf(shape) > mostElements) return {};
  const strides = stridesOf(given);
  const read = (place: readonly number[]): number =>
    elements[place.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), 0)] ?? 0;
  return { elements: Array.from({ length: sizeOf(shape) }, (_, index) => read(from(placeOf(index, shape)))) };
};

/** Elements of values that are broadcast to a shape, put together one by one. */
export const combined = (
  inputs: readonly (Known | undefined)[],
  shape: readonly number[],
  compute: (...values: readonly number[]) => number,
): Pick<Known, 'elements'> => {
  const spread = inputs.map((input) => (input === undefined ? {} : spreadTo(input, shape)).elements);
  if (spread.some((elements) => elements === undefined)) return {};
  const length = sizeOf(shape);
  return { elements: Array.from({ length }, (_, index) => compute(...spread.map((list) => list?.[index] ?? 0))) };
};

/** An axis of 1 gives the same element everywhere; axes that are lacking are in front. */
export const spreadTo = (input: Known, shape: readonly number[]): Pick<Known, 'elements'> =>
  rearranged(input, shape, (place) =>
    input.shape.map((dim, axis) => (dim === 1 ? 0 : (place[axis + shape.length - input.shape.length] ?? 0))),
  );
