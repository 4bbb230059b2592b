import type { Progress } from '../../sidecar/contract/call.ts';
import { showDuration } from '../format.ts';

/** An estimate needs a basis: this much of the work, and this much time. */
const LEAST_FRACTION = 0.03;
const LEAST_MS = 1_500;

/** Turns what the sidecar says into what a notification shows: words with an estimate, and how much is new. */
export const createMeter = (now: () => number) => {
  const began = now();
  let shown = 0;
  return ({ note, fraction, remainingMs }: Progress): { message: string; increment: number } => {
    const done = Math.max(shown, (fraction ?? 0) * 100);
    const increment = done - shown;
    shown = done;
    const left = remainingMs ?? estimate(fraction, now() - began);
    return { message: left === null ? note : `${note} · ~${showDuration(left)} left`, increment };
  };
};

const estimate = (fraction: number | null, elapsedMs: number): number | null =>
  fraction === null || fraction < LEAST_FRACTION || elapsedMs < LEAST_MS
    ? null
    : (elapsedMs / fraction) * (1 - fraction);
