import type { JobContext } from '../../sidecar/pipeline/job.ts';

/** A context that keeps what work says: its log as `level: text`, and its progress. */
export const recordedContext = (signal: AbortSignal = new AbortController().signal) => {
  const lines: string[] = [];
  const fractions: (number | null)[] = [];
  const notes: string[] = [];
  const context: JobContext = {
    signal,
    progress: (fraction, note) => {
      fractions.push(fraction);
      notes.push(note);
    },
    metrics: () => undefined,
    log: (level, text) => void lines.push(`${level}: ${text}`),
  };
  return { context, lines, fractions, notes };
};
