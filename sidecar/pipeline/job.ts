import type { MetricPoint } from '../contract/run.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What heavy work may say and must heed while it runs. */
export interface JobContext {
  /** Aborted when the run is cancelled; work stops at its next step with the signal's reason. */
  readonly signal: AbortSignal;
  /**
   * @param fraction 0 … 1, or null when the end is not known
   * @param note what it is doing, in a few words
   * @param remainingMs time until the end where the work itself knows better than the fraction
   */
  readonly progress: (fraction: number | null, note: string, remainingMs?: number) => void;
  readonly metrics: (points: readonly MetricPoint[]) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/**
 * Heavy work of one stage. Input and output are plain data, since the work runs in a child process:
 * bytes go to a store and travel as a hash.
 */
export type Job<Input, Output> = (input: Input, context: JobContext) => Promise<Output>;

/** The same, for work that is the part of the whole between two fractions. */
export const partOf = (context: JobContext, from: number, to: number): JobContext => ({
  signal: context.signal,
  metrics: context.metrics,
  log: context.log,
  progress: (fraction, note) => context.progress(fraction === null ? null : from + fraction * (to - from), note),
});
