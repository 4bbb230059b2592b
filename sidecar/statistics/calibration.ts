/** One bin of a reliability diagram: confidences in [low, high), except that the last bin holds 1 too. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly rows: number;
  /** Mean confidence of the rows; NaN in an empty bin. */
  readonly confidence: number;
  /** Share of the rows that were right; NaN in an empty bin. */
  readonly accuracy: number;
}

/**
 * Sorts rows into bins of equal width by their confidence (Naeini, Cooper and Hauskrecht, 2015).
 * `confidence` is the probability of the predicted class and `right` whether it was the true one; or, for two classes,
 * the probability of class 1 and whether the row is of class 1.
 */
export const reliabilityBins = (
  confidence: ArrayLike<number>,
  right: ArrayLike<number | boolean>,
  bins = 10,
): ReliabilityBin[] => {
  const rows = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    const value = confidence[i] as number;
    const bin = binOf(value, bins);
    rows[bin] = (rows[bin] as number) + 1;
    confidences[bin] = (confidences[bin] as number) + value;
    if (right[i] === true || right[i] === 1) hits[bin] = (hits[bin] as number) + 1;
  }
  return Array.from(rows, (count, bin) => ({
    low: edge(bin, bins),
    high: edge(bin + 1, bins),
    rows: count,
    confidence: (confidences[bin] as number) / count,
    accuracy: (hits[bin] as number) / count,
  }));
};

/** Expected calibration error: Σ (share of rows)·|accuracy − confidence|; NaN without rows. */
export const expectedCalibrationError = (bins: readonly ReliabilityBin[]): number => {
  const filled = bins.filter(({ rows }) => rows > 0);
  const total = filled.reduce((sum, { rows }) => sum + rows, 0);
  return filled.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.accuracy - bin.confidence), 0) / total;
};

/** Maximum calibration error: the largest |accuracy − confidence| of a bin that holds rows; NaN without rows. */
export const maximumCalibrationError = (bins: readonly ReliabilityBin[]): number => {
  const filled = bins.filter(({ rows }) => rows > 0);
  return filled.length === 0 ? NaN : Math.max(...filled.map((bin) => Math.abs(bin.accuracy - bin.confidence)));
};

const binOf = (confidence: number, bins: number): number => {
  const guess = Math.min(bins - 1, Math.max(0, Math.floor(confidence * bins)));
  // confidence·bins may round across an edge; the edges themselves decide.
  if (confidence < edge(guess, bins)) return guess - 1;
  return guess < bins - 1 && confidence >= edge(guess + 1, bins) ? guess + 1 : guess;
};

/** Computed as NumPy's linspace does, so that a confidence on an edge falls into the same bin as there. */
const edge = (bin: number, bins: number): number => (bin === bins ? 1 : bin * (1 / bins));
