/** How often each true class (row) was predicted as each class (column); row-major, `classes` × `classes`. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Float64Array;
}

/**
 * Counts class indices. `weights` count a row more or less than once.
 * @throws RangeError when lengths differ or an index lies outside 0 … classes − 1
 */
export const countConfusion = ({
  truth,
  predicted,
  classes,
  weights,
}: {
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  readonly classes: number;
  readonly weights?: ArrayLike<number>;
}): Confusion => {
  const cells = confusionCells(truth, predicted, classes);
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row] as number;
    counts[cell] = (counts[cell] as number) + (weights === undefined ? 1 : (weights[row] as number));
  }
  return { classes, counts };
};

/** The cell of the confusion matrix that each row falls into, `truth · classes + predicted`. */
export const confusionCells = (
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): Uint32Array => {
  if (truth.length !== predicted.length)
    throw new RangeError(`There are ${truth.length} true classes but ${predicted.length} predicted ones.`);
  const cells = new Uint32Array(truth.length);
  for (let row = 0; row < cells.length; row++) {
    const t = classIndex(truth[row] as number, classes);
    cells[row] = t * classes + classIndex(predicted[row] as number, classes);
  }
  return cells;
};

const classIndex = (index: number, classes: number): number => {
  if (Number.isInteger(index) && index >= 0 && index < classes) return index;
  throw new RangeError(`${index} is no class index; there are ${classes} classes.`);
};

/** The matrix as rows, true class first. */
export const confusionRows = ({ classes, counts }: Confusion): number[][] =>
  Array.from({ length: classes }, (_, row) => [...counts.subarray(row * classes, (row + 1) * classes)]);

/** Sums of the matrix: all rows counted, those on the diagonal, and both margins. */
export const confusionMargins = ({ classes, counts }: Confusion) => {
  const truth = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  let total = 0;
  let right = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    const count = counts[cell] as number;
    const row = Math.floor(cell / classes);
    const column = cell % classes;
    truth[row] = (truth[row] as number) + count;
    predicted[column] = (predicted[column] as number) + count;
    total += count;
    if (row === column) right += count;
  }
  return { truth, predicted, total, right };
};
