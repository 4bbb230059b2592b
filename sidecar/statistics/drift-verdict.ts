import { chiSquareAbove, chiSquareLimit } from './distributions.ts';

export interface DriftJudgement {
  readonly verdict: 'stable' | 'drifting' | 'cannot_tell';
  /** How often a window of this size without drift scores at least as high. NaN without a score. */
  readonly p: number;
  /** Rows a window must hold so that chance alone passes the threshold at most one time in twenty; Infinity if no number will do. */
  readonly rowsNeeded: number;
}

/** Below this many rows the approximation behind the judgement does not hold. */
const fewestRows = 30;

/**
 * Judges one window by its smoothed PSI, knowing how many rows stand behind it. Without drift PSI/(1/n + 1/m) is about
 * chi-square with `cells` − 1 degrees of freedom (Yurdakul, 2018). A window with enough rows is `drifting` above the
 * threshold and `stable` otherwise. With too few it is `drifting` only when chance would hardly ever (one time in a
 * thousand) score so high, and `cannot_tell` otherwise: silence never passes for stability.
 */
export const judgeDrift = ({
  psi,
  threshold,
  cells,
  referenceRows,
  windowRows,
}: {
  readonly psi: number;
  readonly threshold: number;
  readonly cells: number;
  readonly referenceRows: number;
  readonly windowRows: number;
}): DriftJudgement => {
  const degrees = Math.max(1, cells - 1);
  const p = chiSquareAbove(psi / (1 / referenceRows + 1 / windowRows), degrees);
  const spare = threshold / chiSquareLimit(0.05, degrees) - 1 / referenceRows;
  const rowsNeeded = spare > 0 ? Math.max(fewestRows, Math.ceil(1 / spare)) : Infinity;
  return { verdict: verdictOf({ psi, threshold, p, isEnough: windowRows >= rowsNeeded, windowRows }), p, rowsNeeded };
};

const verdictOf = (known: {
  readonly psi: number;
  readonly threshold: number;
  readonly p: number;
  readonly isEnough: boolean;
  readonly windowRows: number;
}): DriftJudgement['verdict'] => {
  if (Number.isNaN(known.psi) || known.windowRows < fewestRows) return 'cannot_tell';
  const isOver = known.psi > known.threshold;
  if (known.isEnough) return isOver ? 'drifting' : 'stable';
  return isOver && known.p < 0.001 ? 'drifting' : 'cannot_tell';
};
