import type { JobContext } from '../../../sidecar/pipeline/job.ts';

/** A context that keeps what heavy work says, for tests that run it in this process. */
export const recordedContext = (signal: AbortSignal = new AbortController().signal) => {
  const lines: string[] = [];
  const fractions: (number | null)[] = [];
  const context: JobContext = {
    signal,
    progress: (fraction) => void fractions.push(fraction),
    metrics: () => undefined,
    log: (level, text) => void lines.push(`${level}: ${text}`),
  };
  return { context, lines, fractions };
};
