/** Begins the names of curves that tell of the machine and not of the model. */
export const systemPrefix = 'system/';

type Point = readonly [step: number, value: number];

/**
 * Thins a curve to at most two points a pixel column, keeping the smallest and the largest value of each column,
 * and the first and the last point: a spike is never lost, however far one zooms out.
 * @param points by step.
 */
export const decimate = (points: readonly Point[], pixels: number): [number, number][] => {
  const [head, tail] = [points[0], points.at(-1)];
  if (head === undefined || tail === undefined || points.length <= pixels * 2) return points.map(copy);
  const span = tail[0] - head[0] || 1;
  const columns = new Map<number, Column>();
  for (const [index, point] of points.entries()) {
    const at = Math.min(pixels - 1, Math.floor(((point[0] - head[0]) / span) * pixels));
    columns.set(at, widen(columns.get(at), index, point));
  }
  const kept = new Set([0, points.length - 1]);
  for (const { least, most } of columns.values()) kept.add(least.index).add(most.index);
  return points.filter((_, index) => kept.has(index)).map(copy);
};

interface Extreme {
  readonly index: number;
  readonly value: number;
}
interface Column {
  readonly least: Extreme;
  readonly most: Extreme;
}

const copy = ([step, value]: Point): [number, number] => [step, value];

const widen = (column: Column | undefined, index: number, [, value]: Point): Column => {
  const here = { index, value };
  if (column === undefined) return { least: here, most: here };
  return {
    least: value < column.least.value ? here : column.least,
    most: value > column.most.value ? here : column.most,
  };
};
