/** What is known of one arm of a comparison: how many requests it had and how many were successes (or errors). */
export interface Arm {
  readonly successes: number;
  readonly total: number;
}

/** A comparison that may be looked at after every request without raising its false alarms. Plain JSON. */
export interface SequentialTest {
  /** Second arm's share less the first's; NaN before both arms have requests. */
  readonly difference: number;
  /** Half the width of the confidence sequence around the difference; Infinity while nothing is known. */
  readonly reach: number;
  /** The smallest p-value so far: it never rises again. */
  readonly p: number;
  readonly verdict: 'equal_so_far' | 'different';
}

export const untested: SequentialTest = { difference: NaN, reach: Infinity, p: 1, verdict: 'equal_so_far' };

/**
 * The mixture sequential probability ratio test of two shares with a normal mixture (Robbins, 1970; Johari et al., 2017),
 * one look further. With d the difference and V = p(1 − p)/n + q(1 − q)/m its variance,
 * Λ = √(V/(V + τ²))·exp(d²τ²/(2V(V + τ²))) and p = min(p so far, 1/Λ). τ is about the smallest difference that matters.
 * While V is 0 (all requests alike) or an arm has fewer than `firstLook` requests nothing is decided: the estimated
 * variance is worth nothing there.
 */
export const stepSequentialTest = (
  test: SequentialTest,
  first: Arm,
  second: Arm,
  {
    tau,
    alpha = 0.05,
    firstLook = 100,
  }: { readonly tau: number; readonly alpha?: number; readonly firstLook?: number },
): SequentialTest => {
  const difference = second.successes / second.total - first.successes / first.total;
  const spread = varianceOf(first) + varianceOf(second);
  if (Math.min(first.total, second.total) < firstLook || !(spread > 0)) return { ...test, difference };
  const { logRatio, reach } = mixtureRatio(difference, spread, tau, alpha);
  const p = Math.min(test.p, Math.exp(-logRatio));
  return { difference, reach, p, verdict: p <= alpha ? 'different' : 'equal_so_far' };
};

/** ln Λ of a difference with the given variance, and half the width of the confidence sequence at level 1 − α. */
export const mixtureRatio = (
  difference: number,
  spread: number,
  tau: number,
  alpha: number,
): { readonly logRatio: number; readonly reach: number } => {
  const prior = tau * tau;
  const both = spread + prior;
  return {
    logRatio: Math.log(spread / both) / 2 + (difference * difference * prior) / (2 * spread * both),
    reach: Math.sqrt(((spread * both) / prior) * (2 * Math.log(1 / alpha) + Math.log(both / spread))),
  };
};

const varianceOf = ({ successes, total }: Arm): number => {
  const share = successes / total;
  return (share * (1 - share)) / total;
};
